"""Create, list, get and update incidents."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from sandbox.pagerduty import errors
from sandbox.pagerduty.credentials import acts_with, requires
from sandbox.pagerduty.directory import JSON
from sandbox.pagerduty.drafts import Draft
from sandbox.pagerduty.model import Incident
from sandbox.pagerduty.requests import IncidentUpdate, NewIncident, apply
from sandbox.pagerduty.rest import incident_shapes
from sandbox.pagerduty.rest.incident_query import IncidentQuery
from sandbox.pagerduty.rest.parts import Account, Included
from sandbox.pagerduty.simulator import Simulator

MOST_AT_ONCE = 250
"""Incidents that one ``PUT /incidents`` can change."""

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
    return {"incident": _show(account, account.desk.create(body.incident, by=actor))}


@router.get("", dependencies=[READ])
async def list_incidents(account: Account, query: Annotated[IncidentQuery, Query()]) -> JSON:
    """The incidents that match every filter given."""
    found = query.select(account.desk.incidents(), account.directory, account.clock.now())
    answer = query.answer("incidents", found)
    return answer | {"incidents": [_show(account, one, query.include) for one in answer["incidents"]]}


@router.get("/{incident_id}", dependencies=[READ])
async def get_incident(account: Account, incident_id: str, include: Included) -> JSON:
    """One incident, by id or number."""
    return {"incident": _show(account, account.desk.get(incident_id), include)}


@router.put("/{incident_id}")
async def update_incident(account: Account, actor: Actor, incident_id: str, body: UpdateBody) -> JSON:
    """Acknowledge, resolve, reopen, hand over, or describe one incident."""
    draft = _updated(account, account.desk.get(incident_id), body.incident, actor)
    account.desk.keep([draft])
    return {"incident": _show(account, draft.incident)}


@router.put("")
async def update_incidents(account: Account, actor: Actor, body: UpdateManyBody) -> JSON:
    """The same for many; one that cannot be done leaves all as they were."""
    if len(body.incidents) > MOST_AT_ONCE:
        raise errors.too_large(f"At most {MOST_AT_ONCE} incidents can be updated at once")
    drafts = []
    for update in body.incidents:
        incident = account.desk.find(update.id or "")
        if incident is None:
            raise errors.invalid_incident_id(update.id)
        drafts.append(_updated(account, incident, update, actor))
    account.desk.keep(drafts)
    shown = [_show(account, draft.incident) for draft in drafts]
    return {"incidents": shown, "limit": MOST_AT_ONCE, "offset": 0, "more": False, "total": None}


def _updated(account: Simulator, incident: Incident, update: IncidentUpdate, actor: str) -> Draft:
    draft = account.desk.draft(incident, by=actor)
    apply(update, draft, account.directory)
    return draft


def _show(account: Simulator, incident: Incident, include: list[str] | None = None) -> JSON:
    return incident_shapes.incident(
        account.directory, incident, include or (), account.desk.service_status(incident.service)
    )
