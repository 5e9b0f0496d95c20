"""The routes of the console's pages."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Literal

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from sandbox.pagerduty import errors
from sandbox.pagerduty.model import Incident
from sandbox.pagerduty.page.rendering import Pages, acting_user
from sandbox.pagerduty.page.service_pages import DIRECTORY
from sandbox.pagerduty.simulator import Simulator

Tab = Literal["open", "triggered", "acknowledged", "resolved"]

_SHOWN = 200
"""How many incidents or webhooks a page lists, the newest first."""


def page_router(account: Simulator, pages: Pages) -> APIRouter:
    """Every page, and the stream that keeps open pages current."""
    router = APIRouter()

    @router.get("/")
    @router.get("/app")
    async def start() -> Response:
        return RedirectResponse("/app/incidents")

    @router.get("/app/live")
    async def stream(seen: int | None = None) -> Response:
        headers = {"Cache-Control": "no-store"}
        return StreamingResponse(
            account.server_sent_events.stream(seen), media_type="text/event-stream", headers=headers
        )

    @router.get("/app/incidents")
    async def incidents(request: Request, tab: Tab = "open") -> Response:
        return _list(request, _seen_incidents(request), tab, place="incidents", heading="Incidents")

    @router.get("/app/incidents/{key}")
    async def incident(request: Request, key: str) -> Response:
        me = acting_user(request, account.directory)
        shown = account.incident(key, me)
        webhooks = [one for one in account.store.state.webhooks.values() if one.incident == shown.id]
        runs = [one for one in account.store.state.workflow_runs.values() if one.incident == shown.id]
        calls = [one for one in account.store.state.action_calls.values() if one.incident == shown.id]
        offered = account.workflow_starts.offered(shown, me)
        return pages.show(
            "incident.html",
            request,
            place="incidents",
            incident=shown,
            webhooks=webhooks[::-1],
            runs=runs[::-1],
            action_calls=calls[::-1],
            workflows=[account.library.workflow(key) for key in offered],
            custom_actions=account.action_calls.offered(shown),
        )

    @router.get("/app/services")
    async def services(request: Request) -> Response:
        open_counts = Counter(one.service for one in account.incident_commands.incidents() if one.is_open)
        return pages.show("services.html", request, place="services", open_counts=open_counts)

    @router.get(DIRECTORY)
    async def service_directory() -> Response:
        return RedirectResponse("/app/services")

    @router.get("/app/services/{key}")
    @router.get(f"{DIRECTORY}/{{key}}")
    @router.get(f"{DIRECTORY}/{{key}}/{{_:path}}")
    async def service(request: Request, key: str, tab: Tab = "open") -> Response:
        if not account.directory.as_seen_by(acting_user(request, account.directory)).sees_service(key):
            raise errors.not_found()
        known = account.directory.services[key]
        found = [one for one in account.incident_commands.incidents() if one.service == key]
        return _list(
            request, found, tab, place="services", heading=known.name, subtitle=known.description, service=key
        )

    @router.get("/app/users/{key}")
    async def user(request: Request, key: str, tab: Tab = "open") -> Response:
        if key not in account.directory.users:
            raise errors.not_found()
        person = account.directory.users[key]
        found = [one for one in _seen_incidents(request) if key in one.assignees]
        subtitle = f"{person.job_title} · {person.email}"
        apps = [one for one in account.store.state.delegations.values() if one.user == key]
        return _list(
            request, found, tab, place="on-call", heading=person.name, subtitle=subtitle, user=key, apps=apps
        )

    @router.get("/app/on-call")
    async def on_call(request: Request) -> Response:
        return pages.show("on_call.html", request, place="on-call")

    @router.get("/app/webhooks")
    async def webhooks(request: Request) -> Response:
        return pages.show(
            "webhooks.html",
            request,
            place="webhooks",
            subscriptions=account.subscriptions.all(),
            webhooks=list(account.store.state.webhooks.values())[: -_SHOWN - 1 : -1],
            numbers={one.id: one.number for one in account.incident_commands.incidents()},
        )

    def _seen_incidents(request: Request) -> list[Incident]:
        seen = account.directory.as_seen_by(acting_user(request, account.directory))
        return [one for one in account.incident_commands.incidents() if seen.sees_incidents_of(one.service)]

    def _list(request: Request, found: Iterable[Incident], tab: Tab, **values: Any) -> Response:
        newest_first = list(found)[::-1]
        groups = {
            "open": [one for one in newest_first if one.is_open],
            "triggered": [one for one in newest_first if one.status == "triggered"],
            "acknowledged": [one for one in newest_first if one.status == "acknowledged"],
            "resolved": [one for one in newest_first if one.status == "resolved"],
        }
        counts = {name: len(group) for name, group in groups.items()}
        return pages.show(
            "incidents.html", request, tab=tab, counts=counts, incidents=groups[tab][:_SHOWN], **values
        )

    return router
