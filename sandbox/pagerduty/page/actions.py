"""The forms of the console. Rules and events are those of the API."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from sandbox.pagerduty import errors, incident_details
from sandbox.pagerduty.directory import Directory
from sandbox.pagerduty.ids import new_id
from sandbox.pagerduty.incident_change import IncidentChange
from sandbox.pagerduty.incident_requests import IncidentUpdate, NewIncident, apply_update, known_service
from sandbox.pagerduty.model import ResponderRequest, ServiceState, Target
from sandbox.pagerduty.page.forms import Form, read_form, redirect
from sandbox.pagerduty.page.rendering import PERSON_COOKIE, acting_user
from sandbox.pagerduty.page.service_pages import DIRECTORY
from sandbox.pagerduty.simulator import Simulator


def action_router(account: Simulator) -> APIRouter:
    """The targets of the forms; each redirects to the next page."""
    router = APIRouter(prefix="/app")

    @router.post("/person")
    async def choose_person(request: Request) -> Response:
        answer = RedirectResponse(request.headers.get("Referer", "/app"), status_code=303)
        answer.set_cookie(
            PERSON_COOKIE, (await read_form(request)).get("person", ""), path="/", samesite="lax"
        )
        return answer

    @router.post("/incidents")
    async def create(request: Request) -> Response:
        me = acting_user(request, account.directory)
        wanted = _new_incident(await read_form(request))
        known_service(wanted.service, account.directory.as_seen_by(me))
        created = account.trigger(wanted, by=me)
        return redirect(f"/app/incidents/{created.id}")

    @router.post("/incidents/{key}/merge")
    async def merge(request: Request, key: str) -> Response:
        me = acting_user(request, account.directory)
        target = account.incident((await read_form(request))["target"], me)
        account.incident_commands.merge(target, [account.incident(key, me)], by=me)
        return redirect(f"/app/incidents/{key}")

    @router.post("/incidents/{key}/{action}")
    async def submit(request: Request, key: str, action: str) -> Response:
        me = acting_user(request, account.directory)
        change = account.incident_commands.begin_change(account.incident(key, me), by=me)
        _do(action, await read_form(request), change, account.directory.as_seen_by(me))
        account.incident_commands.save([change])
        return redirect(f"/app/incidents/{key}")

    @router.post("/services/{key}/{state}")
    async def set_service_state(request: Request, key: str, state: ServiceState) -> Response:
        me = acting_user(request, account.directory)
        if not account.directory.as_seen_by(me).sees_service(key):
            raise errors.not_found()
        account.set_service_state(key, state)
        return redirect("/app/services" if state == "deleted" else f"{DIRECTORY}/{key}")

    @router.post("/webhooks/{key}/ping")
    async def ping(key: str) -> Response:
        account.ping(account.subscriptions.get(key))
        return redirect("/app/webhooks")

    @router.post("/webhooks/{key}/enable")
    async def enable(key: str) -> Response:
        account.subscriptions.enable(key)
        return redirect("/app/webhooks")

    @router.post("/users/{key}/apps/remove")
    async def remove_app(request: Request, key: str) -> Response:
        if acting_user(request, account.directory) != key:
            raise errors.access_denied("Each user removes their own apps")
        account.identity.revocation.of_user(key)
        return redirect(f"/app/users/{key}")

    return router


def _do(action: str, form: Form, change: IncidentChange, directory: Directory) -> None:
    match action:
        case "note":
            incident_details.add_note(change, form["content"])
        case "status-update":
            incident_details.publish_status_update(change, form["message"])
        case "responders":
            _request_responders(form, change, directory)
        case "reply":
            incident_details.reply_as_responder(change, "joined" if form["reply"] == "joined" else "declined")
        case _:
            update = IncidentUpdate.model_validate({"type": "incident", **_update(action, form, directory)})
            apply_update(update, change, directory)


def _update(action: str, form: Form, directory: Directory) -> dict[str, object]:
    """The ``incident`` of an API update that does what the form asks."""
    match action:
        case "acknowledge":
            return {"status": "acknowledged"}
        case "unacknowledge" | "reopen":
            return {"status": "triggered"}
        case "resolve":
            return {"status": "resolved"}
        case "title" | "urgency":
            return {action: form[action]}
        case "priority":
            return {"priority": {"id": form["priority"]} if form["priority"] else None}
        case "type":
            return {"incident_type": {"name": form["type"]}}
        case "escalate":
            return {"escalation_level": form["level"]}
        case "reassign" if form["to"] in directory.policies:
            return {"escalation_policy": {"id": form["to"]}}
        case "reassign":
            return {"assignments": [{"assignee": {"id": form["to"]}}]}
    raise errors.not_found()


def _request_responders(form: Form, change: IncidentChange, directory: Directory) -> None:
    kind = "escalation_policy" if form["target"] in directory.policies else "user"
    target = Target.model_validate({"id": form["target"], "type": f"{kind}_reference"})
    request = ResponderRequest(
        id=new_id(), requester=change.by, requested_at=change.at, message=form["message"], targets=(target,)
    )
    incident_details.request_responders(change, request, directory.users_of_targets([target]))


def _new_incident(form: Form) -> NewIncident:
    wanted: dict[str, object] = {
        "type": "incident",
        "title": form["title"],
        "service": {"id": form["service"]},
        "urgency": form["urgency"],
    }
    if form["type"]:
        wanted["incident_type"] = {"name": form["type"]}
    if form["priority"]:
        wanted["priority"] = {"id": form["priority"]}
    if form["assignee"]:
        wanted["assignments"] = [{"assignee": {"id": form["assignee"]}}]
    if form["details"]:
        wanted["body"] = {"details": form["details"]}
    return NewIncident.model_validate(wanted)
