"""Calls that list incident workflows and their triggers, and that start a workflow."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from sandbox.company.automation import IncidentWorkflow, TriggerType, WorkflowTrigger
from sandbox.pagerduty import errors
from sandbox.pagerduty.credentials import Caller, requires
from sandbox.pagerduty.directory import JSON
from sandbox.pagerduty.incident_requests import Reference
from sandbox.pagerduty.rest import workflow_shapes
from sandbox.pagerduty.rest.dependencies import Account, Seen
from sandbox.pagerduty.rest.paging import Paging
from sandbox.pagerduty.workflows.library import Library

router = APIRouter(prefix="/incident_workflows")
READ = Depends(requires("incident_workflows.read"))
Starter = Annotated[Caller, Depends(requires("incident_workflows:instances.write"))]
_LARGEST_PAGE = 100


class TriggerQuery(BaseModel):
    """Which triggers: those of a workflow, of the service of an incident, and so on; a page of them."""

    workflow_id: str | None = None
    incident_id: str | None = None
    service_id: str | None = None
    trigger_type: TriggerType | None = None
    workflow_name_contains: str = ""
    sort_by: Literal["workflow_id", "workflow_name"] | None = None
    limit: int = 25
    cursor: str = ""

    def allows(self, workflow: IncidentWorkflow, trigger: WorkflowTrigger, service: str | None) -> bool:
        """Whether the trigger is one of them."""
        return (
            self.workflow_id in (None, workflow.id)
            and self.trigger_type in (None, trigger.type)
            and self.workflow_name_contains.lower() in workflow.name.lower()
            and (service is None or not trigger.services or service in trigger.services)
        )


class NewInstance(BaseModel):
    """The ``incident_workflow_instance`` of a start."""

    id: str | None = None
    incident: Reference | None = None


class InstanceBody(BaseModel):
    """The body of ``POST /incident_workflows/{id}/instances``."""

    incident_workflow_instance: NewInstance


@router.get("", dependencies=[READ])
async def list_workflows(account: Account, seen: Seen, page: Paging) -> JSON:
    """Workflows whose name contains the query, disabled ones too."""
    found = [one for one in account.library.workflows.values() if page.query.lower() in one.name.lower()]
    shown = [
        workflow_shapes.workflow(seen, one, page.include, is_enabled=account.library.is_enabled(one.id))
        for one in found
    ]
    return page.answer("incident_workflows", shown)


@router.get("/triggers", dependencies=[READ])
async def list_triggers(
    account: Account,
    seen: Seen,
    caller: Annotated[Caller, Depends(requires(None))],
    query: Annotated[TriggerQuery, Query()],
) -> JSON:
    """Triggers, a page of them at a time; those of disabled workflows are not listed."""
    service = query.service_id
    if query.incident_id is not None:
        if service is not None:
            raise errors.invalid_input("incident_id and service_id cannot both be given")
        service = account.incident(query.incident_id, caller.user).service
    found = [pair for pair in _triggers(account.library) if query.allows(*pair, service)]
    if query.sort_by is not None:
        field = query.sort_by.removeprefix("workflow_")
        found.sort(key=lambda pair: str(getattr(pair[0], field)))
    start, limit = _start(query.cursor), max(1, min(query.limit, _LARGEST_PAGE))
    end = start + limit
    shown = [
        workflow_shapes.trigger(seen, workflow, trigger, is_enabled=True)
        for workflow, trigger in found[start:end]
    ]
    more = end < len(found)
    return {"triggers": shown, "limit": limit, "next_cursor": str(end) if more else None, "more": more}


@router.post("/{key}/instances", status_code=201)
async def start_workflow(account: Account, starter: Starter, key: str, body: InstanceBody) -> JSON:
    """Start a workflow on an incident."""
    wanted = body.incident_workflow_instance
    if wanted.incident is None:
        raise errors.invalid_input("An incident is needed")
    incident = account.incident(wanted.incident.id, starter.user)
    run = account.workflow_starts.start_by_api(key, incident, starter.user, wanted.id)
    return {"incident_workflow_instance": workflow_shapes.instance(account.directory, run, incident)}


def _triggers(library: Library) -> list[tuple[IncidentWorkflow, WorkflowTrigger]]:
    return [
        (workflow, trigger)
        for workflow in library.workflows.values()
        if library.is_enabled(workflow.id)
        for trigger in workflow.triggers
    ]


def _start(cursor: str) -> int:
    if cursor and not cursor.isdecimal():
        raise errors.invalid_input("The cursor is not one of ours")
    return int(cursor or 0)
