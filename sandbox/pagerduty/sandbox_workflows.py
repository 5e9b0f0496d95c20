"""``/_sandbox`` of incident workflows and custom incident actions: make, start and read them."""

import uuid
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from sandbox.company.automation import (
    CustomAction,
    HttpHeader,
    IncidentWorkflow,
    TriggerType,
    WebApiConnection,
    WorkflowStep,
    WorkflowTrigger,
)
from sandbox.pagerduty import errors
from sandbox.pagerduty.custom_actions.model import ActionCall
from sandbox.pagerduty.directory import JSON
from sandbox.pagerduty.ids import new_id
from sandbox.pagerduty.rest.dependencies import Account
from sandbox.pagerduty.simulator import Simulator
from sandbox.pagerduty.times import in_milliseconds
from sandbox.pagerduty.workflows import connections
from sandbox.pagerduty.workflows.model import ConnectionCheck, StepRun, WorkflowRun

router = APIRouter(prefix="/_sandbox")


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ConnectionBody(_Body):
    """A Web API connection."""

    name: str
    headers: list[HttpHeader] = []
    allowed_hostnames: list[str]
    health_check_url: str
    health_check_method: Literal["HEAD", "GET"] = "HEAD"


class TriggerBody(_Body):
    """A trigger of a workflow."""

    type: TriggerType
    condition: str | None = None
    incident_types: list[str] = []
    services: list[str] = []
    team: str | None = None


class WorkflowBody(_Body):
    """A workflow that is published."""

    name: str
    description: str = ""
    triggers: list[TriggerBody] = []
    steps: list[WorkflowStep]


class EnabledBody(_Body):
    """Whether a workflow is enabled."""

    enabled: bool


class RunBody(_Body):
    """A start by hand: a workflow, an incident, and the user who does it (id or e-mail)."""

    workflow: str
    incident: str
    user: str


class ActionBody(_Body):
    """A custom incident action."""

    label: str
    url: str
    service: str
    description: str = ""
    headers: list[HttpHeader] = []
    payload: Literal["v3", "v2"] = "v3"


class ClickBody(_Body):
    """A click on a custom action's button."""

    incident: str
    user: str


@router.get("/workflows")
async def workflows(account: Account) -> JSON:
    """Every connection, workflow and custom action, without secrets."""
    checks = account.store.state.connection_checks
    return {
        "connections": [
            _connection(account, one) | {"health": _check(checks.get(one.id))}
            for one in account.library.connections.values()
        ],
        "workflows": [
            {**one.model_dump(), "enabled": account.library.is_enabled(one.id)}
            for one in account.library.workflows.values()
        ],
        "custom_actions": [
            {**one.model_dump(exclude={"headers"}), "headers": [header.name for header in one.headers]}
            for one in account.library.custom_actions.values()
        ],
    }


@router.post("/connections", status_code=201)
async def add_connection(account: Account, body: ConnectionBody) -> JSON:
    """Make a connection: its health address is asked at once, and it is made whatever that says."""
    connection = WebApiConnection(id=str(uuid.uuid4()), **body.model_dump())
    account.library.add_connection(connection)
    return await check_connection(account, connection.id)


@router.post("/connections/{key}/check")
async def check_connection(account: Account, key: str) -> JSON:
    """Ask a connection's health address."""
    connection = account.library.connections.get(key)
    if connection is None:
        raise errors.not_found()
    check = await account.check_connection(connection)
    return _connection(account, connection) | {"health": _check(check)}


@router.post("/workflows", status_code=201)
async def add_workflow(account: Account, body: WorkflowBody) -> JSON:
    """Publish a workflow."""
    triggers = tuple(WorkflowTrigger(id=str(uuid.uuid4()), **one.model_dump()) for one in body.triggers)
    fields = body.model_dump(exclude={"triggers"})
    workflow = IncidentWorkflow.model_validate({"id": new_id("P"), **fields, "triggers": triggers})
    account.library.add_workflow(workflow)
    return {"id": workflow.id}


@router.post("/workflows/{key}", status_code=204)
async def enable_workflow(account: Account, key: str, body: EnabledBody) -> None:
    """Enable or disable a workflow."""
    account.library.enable(key, enabled=body.enabled)


@router.get("/workflow_runs")
async def runs(account: Account, incident: str | None = None) -> list[JSON]:
    """The runs, of an incident or all, oldest first."""
    found = account.store.state.workflow_runs.values()
    return [_run(one) for one in found if incident in (None, one.incident)]


@router.post("/workflow_runs", status_code=201)
async def start_run(account: Account, body: RunBody) -> JSON:
    """Run a workflow on an incident as a user does on its page."""
    user = _user(account, body.user)
    incident = account.incident(body.incident, user)
    return _run(account.workflow_starts.start_by_hand(body.workflow, incident, user))


@router.get("/workflow_runs/{key}")
async def run(account: Account, key: str) -> JSON:
    """One run."""
    found = account.store.state.workflow_runs.get(key)
    if found is None:
        raise errors.not_found()
    return _run(found)


@router.post("/custom_actions", status_code=201)
async def add_custom_action(account: Account, body: ActionBody) -> JSON:
    """Make a custom incident action."""
    action = CustomAction(id=new_id("P"), **body.model_dump())
    account.library.add_custom_action(action)
    return {"id": action.id}


@router.post("/custom_actions/{key}", status_code=201)
async def click_action(account: Account, key: str, body: ClickBody) -> JSON:
    """Click a custom action's button on an incident's page."""
    user = _user(account, body.user)
    return _call(account.action_calls.click(key, account.incident(body.incident, user), user))


@router.get("/action_calls")
async def calls(account: Account) -> list[JSON]:
    """The clicks on custom actions, oldest first."""
    return [_call(one) for one in account.store.state.action_calls.values()]


def _user(account: Simulator, key: str) -> str:
    user = key if account.directory.is_active(key) else account.directory.user_by_email(key)
    if user is None:
        raise errors.invalid_input(f"{key!r} is not a user")
    return user


def _connection(account: Simulator, connection: WebApiConnection) -> JSON:
    shown = connection.model_dump(exclude={"headers"})
    return {**shown, "headers": connections.redacted(connection.headers)}


def _check(check: ConnectionCheck | None) -> JSON | None:
    return None if check is None else {**check.model_dump(), "at": in_milliseconds(check.at)}


def _run(one: WorkflowRun) -> JSON:
    return {
        **one.model_dump(exclude={"started_at", "ended_at", "steps"}),
        **_times(one),
        "state": one.state,
        "has_error": one.has_error,
        "steps": [_step(step) for step in one.steps],
    }


def _step(step: StepRun) -> JSON:
    return {**step.model_dump(exclude={"started_at", "ended_at"}), **_times(step)}


def _times(one: WorkflowRun | StepRun) -> JSON:
    ended_at = None if one.ended_at is None else in_milliseconds(one.ended_at)
    return {"started_at": in_milliseconds(one.started_at), "ended_at": ended_at}


def _call(call: ActionCall) -> JSON:
    attempts = [{**one.model_dump(), "at": in_milliseconds(one.at)} for one in call.attempts]
    return {
        **call.model_dump(exclude={"body", "at", "attempts"}),
        "at": in_milliseconds(call.at),
        "attempts": attempts,
    }
