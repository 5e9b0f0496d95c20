"""Create, list, get and update incidents."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from sandbox.pagerduty import errors
from sandbox.pagerduty.credentials import acts_with, requires
from sandbox.pagerduty.directory import JSON
from sandbox.pagerduty.incident_change import IncidentChange
from sandbox.pagerduty.incident_requests import IncidentUpdate, NewIncident, apply_update
from sandbox.pagerduty.model import Incident
from sandbox.pagerduty.rest import incident_shapes
from sandbox.pagerduty.rest.dependencies import Account, Included
from sandbox.pagerduty.rest.incident_query import IncidentQuery
from sandbox.pagerduty.simulator import Simulator

UPDATE_LIMIT = 250
"""The most incidents that one ``PUT /incidents`` can update."""

router = APIRouter(prefix="/incidents")
READ = Depends(requires("incidents.read"))
Actor = Annotated[str, Depends(acts_with("incidents.write"))]


class CreateBody(BaseModel):
    """The body of ``POST /incidents``."""

    incident: NewIncident


class UpdateBody(BaseModel):
    """The body of ``PUT /incidents/{id}``."""

    incident: IncidentUpdate


class UpdateManyBody(BaseModel):
    """The body of ``PUT /incidents``."""

    incidents: list[IncidentUpdate]


@router.post("", status_code=201)
async def create_incident(account: Account, actor: Actor, body: CreateBody) -> JSON:
    """Trigger an incident."""
    return {"incident": _show(account, account.incident_commands.create(body.incident, by=actor))}


@router.get("", dependencies=[READ])
async def list_incidents(account: Account, query: Annotated[IncidentQuery, Query()]) -> JSON:
    """The incidents that match every filter given."""
    found = query.select(account.incident_commands.incidents(), account.directory, account.clock.now())
    answer = query.answer("incidents", found)
    return answer | {"incidents": [_show(account, one, query.include) for one in answer["incidents"]]}


@router.get("/{incident_id}", dependencies=[READ])
async def get_incident(account: Account, incident_id: str, include: Included) -> JSON:
    """One incident, by id or number."""
    return {"incident": _show(account, account.incident_commands.get(incident_id), include)}


@router.put("/{incident_id}")
async def update_incident(account: Account, actor: Actor, incident_id: str, body: UpdateBody) -> JSON:
    """Update one incident: status, assignment or details."""
    change = _updated(account, account.incident_commands.get(incident_id), body.incident, actor)
    account.incident_commands.save([change])
    return {"incident": _show(account, change.incident)}


@router.put("")
async def update_incidents(account: Account, actor: Actor, body: UpdateManyBody) -> JSON:
    """Update several incidents; if one update is wrong, none is made."""
    if len(body.incidents) > UPDATE_LIMIT:
        raise errors.too_large(f"At most {UPDATE_LIMIT} incidents can be updated at once")
    changes = []
    for update in body.incidents:
        incident = account.incident_commands.find(update.id or "")
        if incident is None:
            raise errors.invalid_incident_id(update.id)
        changes.append(_updated(account, incident, update, actor))
    account.incident_commands.save(changes)
    shown = [_show(account, change.incident) for change in changes]
    return {"incidents": shown, "limit": UPDATE_LIMIT, "offset": 0, "more": False, "total": None}


def _updated(account: Simulator, incident: Incident, update: IncidentUpdate, actor: str) -> IncidentChange:
    change = account.incident_commands.begin_change(incident, by=actor)
    apply_update(update, change, account.directory)
    return change


def _show(account: Simulator, incident: Incident, include: list[str] | None = None) -> JSON:
    return incident_shapes.incident(
        account.directory, incident, include or (), account.incident_commands.service_status(incident.service)
    )
