"""Create, list, get, update and merge incidents, and list their types."""

from collections.abc import Collection
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from sandbox.pagerduty import errors
from sandbox.pagerduty.credentials import acts_with, requires
from sandbox.pagerduty.directory import JSON, Directory
from sandbox.pagerduty.incident_change import IncidentChange
from sandbox.pagerduty.incident_requests import (
    IncidentUpdate,
    NewIncident,
    Reference,
    apply_update,
    known_service,
)
from sandbox.pagerduty.incident_types import INCIDENT_TYPES
from sandbox.pagerduty.model import Incident
from sandbox.pagerduty.rest import incident_shapes
from sandbox.pagerduty.rest.dependencies import Account, Included, Seen, SeenIncident
from sandbox.pagerduty.rest.incident_query import IncidentQuery
from sandbox.pagerduty.simulator import Simulator

TypeFilter = Literal["enabled", "disabled", "all"]
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


class MergeBody(BaseModel):
    """The body of ``PUT /incidents/{id}/merge``."""

    source_incidents: list[Reference] = Field(min_length=1)


@router.post("", status_code=201)
async def create_incident(account: Account, seen: Seen, actor: Actor, body: CreateBody) -> JSON:
    """Trigger an incident."""
    known_service(body.incident.service, seen)
    return {"incident": show(account, seen, account.incident_commands.create(body.incident, by=actor))}


@router.get("", dependencies=[READ])
async def list_incidents(account: Account, seen: Seen, query: Annotated[IncidentQuery, Query()]) -> JSON:
    """The incidents that match every filter given."""
    found = query.select(account.incident_commands.incidents(), seen, account.clock.now())
    answer = query.answer("incidents", found)
    return answer | {"incidents": [show(account, seen, one, query.include) for one in answer["incidents"]]}


@router.get("/types", dependencies=[Depends(requires("incident_types.read"))])
async def list_incident_types(wanted: Annotated[TypeFilter, Query(alias="filter")] = "enabled") -> JSON:
    """The account's incident types; every one is enabled."""
    return {"incident_types": [] if wanted == "disabled" else list(INCIDENT_TYPES.values())}


@router.get("/{incident_id}", dependencies=[READ])
async def get_incident(account: Account, seen: Seen, incident: SeenIncident, include: Included) -> JSON:
    """One incident, by id or number."""
    return {"incident": show(account, seen, incident, include)}


@router.put("/{incident_id}")
async def update_incident(
    account: Account, seen: Seen, actor: Actor, incident: SeenIncident, body: UpdateBody
) -> JSON:
    """Update one incident: status, assignment or details."""
    change = _updated(account, seen, incident, body.incident, actor)
    account.incident_commands.save([change])
    return {"incident": show(account, seen, change.incident)}


@router.put("/{incident_id}/merge")
async def merge_incidents(
    account: Account, seen: Seen, actor: Actor, incident: SeenIncident, body: MergeBody
) -> JSON:
    """Merge other incidents into this one; if one cannot be merged, none is."""
    sources = [_named(account, seen, source.id) for source in body.source_incidents]
    merged = account.incident_commands.merge(incident, sources, by=actor)
    return {"incident": account.directory.incident_reference(merged.id, merged.summary)}


@router.put("")
async def update_incidents(account: Account, seen: Seen, actor: Actor, body: UpdateManyBody) -> JSON:
    """Update several incidents; if one update is wrong, none is made."""
    if len(body.incidents) > UPDATE_LIMIT:
        raise errors.too_large(f"At most {UPDATE_LIMIT} incidents can be updated at once")
    changes = []
    for update in body.incidents:
        changes.append(_updated(account, seen, _named(account, seen, update.id), update, actor))
    account.incident_commands.save(changes)
    shown = [show(account, seen, change.incident) for change in changes]
    return {"incidents": shown, "limit": UPDATE_LIMIT, "offset": 0, "more": False, "total": None}


def _named(account: Simulator, seen: Directory, key: str | None) -> Incident:
    """An incident that the body names; raises error 1004."""
    incident = account.incident_commands.find(key or "")
    if incident is None or not seen.sees_incidents_of(incident.service):
        raise errors.invalid_incident_id(key)
    return incident


def _updated(
    account: Simulator, seen: Directory, incident: Incident, update: IncidentUpdate, actor: str
) -> IncidentChange:
    change = account.incident_commands.begin_change(incident, by=actor)
    apply_update(update, change, seen)
    return change


def show(account: Simulator, seen: Directory, incident: Incident, include: Collection[str] = ()) -> JSON:
    """An incident in full, with the parts that ``include`` names."""
    return incident_shapes.incident(
        seen, incident, include, account.incident_commands.service_status(incident.service)
    )
