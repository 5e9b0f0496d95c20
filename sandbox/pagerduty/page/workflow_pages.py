"""The pages of incident workflows: the list, one workflow, and one run with its steps and outputs."""

from collections.abc import Iterable

from fastapi import APIRouter, Request
from starlette.responses import Response

from sandbox.pagerduty import errors
from sandbox.pagerduty.page.rendering import Pages, acting_user
from sandbox.pagerduty.page.workflow_forms import INPUT
from sandbox.pagerduty.simulator import Simulator
from sandbox.pagerduty.workflows.actions import ACTIONS, LOOP_UNTIL
from sandbox.pagerduty.workflows.connections import redacted
from sandbox.pagerduty.workflows.model import WorkflowRun

_SHOWN = 100
"""How many runs a page lists, the newest first."""


def workflow_page_router(account: Simulator, pages: Pages) -> APIRouter:
    """Every page about workflows."""
    router = APIRouter(prefix="/app")

    @router.get("/workflows")
    async def workflows(request: Request) -> Response:
        return pages.show(
            "workflows.html",
            request,
            place="workflows",
            library=account.library,
            checks=account.store.state.connection_checks,
            redacted=redacted,
            runs=_newest(_seen_runs(request)),
            numbers=_numbers(),
        )

    @router.get("/workflows/new")
    async def new_workflow(request: Request) -> Response:
        return pages.show(
            "new_workflow.html",
            request,
            place="workflows",
            library=account.library,
            actions=ACTIONS,
            loop_until=LOOP_UNTIL,
            input=INPUT,
        )

    @router.get("/workflows/{key}")
    async def workflow(request: Request, key: str) -> Response:
        runs = [one for one in _seen_runs(request) if one.workflow == key]
        return pages.show(
            "workflow.html",
            request,
            place="workflows",
            workflow=account.library.workflow(key),
            library=account.library,
            actions=ACTIONS,
            runs=_newest(runs),
            numbers=_numbers(),
        )

    @router.get("/workflow-runs/{key}")
    async def run(request: Request, key: str) -> Response:
        shown = next((one for one in _seen_runs(request) if one.id == key), None)
        if shown is None:
            raise errors.not_found()
        incident = account.incident_commands.get(shown.incident)
        return pages.show(
            "workflow_run.html", request, place="workflows", run=shown, incident=incident, actions=ACTIONS
        )

    def _seen_runs(request: Request) -> list[WorkflowRun]:
        """The runs on incidents that the person may see."""
        seen = account.directory.as_seen_by(acting_user(request, account.directory))
        incidents = account.store.state.incidents
        return [
            one
            for one in account.store.state.workflow_runs.values()
            if seen.sees_incidents_of(incidents[one.incident].service)
        ]

    def _numbers() -> dict[str, int]:
        return {one.id: one.number for one in account.incident_commands.incidents()}

    return router


def _newest(runs: Iterable[WorkflowRun]) -> list[WorkflowRun]:
    return [*runs][: -_SHOWN - 1 : -1]
