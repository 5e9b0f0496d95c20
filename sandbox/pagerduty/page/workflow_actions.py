"""The forms of the pages about workflows and custom incident actions."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from sandbox.pagerduty import errors
from sandbox.pagerduty.page.forms import read_fields, read_form, redirect
from sandbox.pagerduty.page.rendering import acting_user
from sandbox.pagerduty.page.workflow_forms import connection_of, custom_action_of, workflow_of
from sandbox.pagerduty.simulator import Simulator


def workflow_action_router(account: Simulator) -> APIRouter:
    """The targets of the forms; each redirects to the next page."""
    router = APIRouter(prefix="/app")

    @router.post("/incidents/{key}/workflow")
    async def run_workflow(request: Request, key: str) -> Response:
        me = acting_user(request, account.directory)
        incident = account.incident(key, me)
        workflow = (await read_form(request))["workflow"]
        run = account.workflow_starts.start_by_hand(workflow, incident, me)
        return redirect(f"/app/workflow-runs/{run.id}")

    @router.post("/incidents/{key}/custom-action")
    async def click_action(request: Request, key: str) -> Response:
        me = acting_user(request, account.directory)
        incident = account.incident(key, me)
        account.action_calls.click((await read_form(request))["custom_action"], incident, me)
        return redirect(f"/app/incidents/{key}")

    @router.post("/workflows")
    async def add_workflow(request: Request) -> Response:
        workflow = workflow_of(await read_fields(request))
        account.library.add_workflow(workflow)
        return redirect(f"/app/workflows/{workflow.id}")

    @router.post("/workflows/{key}/enabled")
    async def enable(request: Request, key: str) -> Response:
        account.library.enable(key, enabled=(await read_form(request))["enabled"] == "yes")
        return redirect("/app/workflows")

    @router.post("/connections")
    async def add_connection(request: Request) -> Response:
        connection = connection_of(await read_form(request))
        account.library.add_connection(connection)
        await account.check_connection(connection)
        return redirect("/app/workflows")

    @router.post("/custom-actions")
    async def add_custom_action(request: Request) -> Response:
        account.library.add_custom_action(custom_action_of(await read_form(request)))
        return redirect("/app/workflows")

    @router.post("/connections/{key}/check")
    async def check(key: str) -> Response:
        connection = account.library.connections.get(key)
        if connection is None:
            raise errors.not_found()
        await account.check_connection(connection)
        return redirect("/app/workflows")

    return router
