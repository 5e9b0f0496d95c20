"""Notes, status updates, responder requests, custom fields and log entries of an incident."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from sandbox.pagerduty import errors, incident_details
from sandbox.pagerduty.credentials import Caller, acts_with, requires
from sandbox.pagerduty.custom_fields import FIELDS, accepts, field_named
from sandbox.pagerduty.directory import JSON, Directory
from sandbox.pagerduty.ids import new_id
from sandbox.pagerduty.model import Note, ResponderRequest, StatusUpdate, Target
from sandbox.pagerduty.rest import incident_shapes, log_entry_shapes
from sandbox.pagerduty.rest.dependencies import Account, Seen, SeenIncident
from sandbox.pagerduty.rest.paging import Paging
from sandbox.pagerduty.times import in_seconds

router = APIRouter(prefix="/incidents/{incident_id}")
READ = Depends(requires("incidents.read"))
Writer = Annotated[Caller, Depends(requires("incidents.write"))]
Actor = Annotated[str, Depends(acts_with("incidents.write"))]


class NoteContent(BaseModel):
    """The ``note`` of a new note."""

    content: str


class NoteBody(BaseModel):
    """The body of ``POST …/notes``."""

    note: NoteContent


class StatusUpdateBody(BaseModel):
    """The body of ``POST …/status_updates``."""

    message: str
    subject: str | None = None
    html_message: str | None = None


class WrappedTarget(BaseModel):
    """A target as PagerDuty's example writes it."""

    responder_request_target: Target


class ResponderRequestBody(BaseModel):
    """The body of ``POST …/responder_requests``; targets come wrapped (example) or bare (schema)."""

    requester_id: str
    message: str
    responder_request_targets: list[WrappedTarget | Target]


class FieldAssignment(BaseModel):
    """A custom field, by id or name, and its new value."""

    id: str | None = None
    name: str | None = None
    value: Any


class CustomFieldsBody(BaseModel):
    """The body of ``PUT …/custom_fields/values``."""

    custom_fields: list[FieldAssignment]


@router.get("/notes", dependencies=[READ])
async def list_notes(seen: Seen, incident: SeenIncident) -> JSON:
    """All notes, newest first."""
    notes = reversed(incident.notes)
    return {"notes": [_note(seen, note) for note in notes]}


@router.post("/notes")
async def create_note(account: Account, actor: Actor, incident: SeenIncident, body: NoteBody) -> JSON:
    """Add a note."""
    change = account.incident_commands.begin_change(incident, by=actor)
    note = incident_details.add_note(change, body.note.content)
    account.incident_commands.save([change])
    return {"note": _note(account.directory, note)}


@router.post("/status_updates")
async def create_status_update(
    account: Account, actor: Actor, incident: SeenIncident, body: StatusUpdateBody
) -> JSON:
    """Publish a status update."""
    if (body.subject is None) != (body.html_message is None):
        raise errors.invalid_input("subject and html_message belong together")
    change = account.incident_commands.begin_change(incident, by=actor)
    update = incident_details.publish_status_update(
        change, body.message, subject=body.subject, html_message=body.html_message
    )
    account.incident_commands.save([change])
    return {"status_update": _status_update(account.directory, update)}


@router.post("/responder_requests")
async def create_responder_request(
    account: Account, seen: Seen, writer: Writer, incident: SeenIncident, body: ResponderRequestBody
) -> JSON:
    """Ask for help: users, and the users on call of escalation policies."""
    if not account.directory.is_active(body.requester_id):
        raise errors.requester_unknown()
    targets = [
        one.responder_request_target if isinstance(one, WrappedTarget) else one
        for one in body.responder_request_targets
    ]
    change = account.incident_commands.begin_change(incident, by=body.requester_id)
    request = ResponderRequest(
        id=new_id(),
        requester=body.requester_id,
        requested_at=change.at,
        message=body.message,
        targets=tuple(targets),
    )
    incident_details.request_responders(change, request, seen.users_of_targets(targets))
    account.incident_commands.save([change])
    return {
        "responder_request": incident_shapes.responder_request(account.directory, request, change.incident)
    }


@router.get("/custom_fields/values", dependencies=[READ])
async def get_custom_fields(incident: SeenIncident) -> JSON:
    """The values of all custom fields."""
    return {"custom_fields": incident_shapes.custom_fields(incident)}


@router.put("/custom_fields/values", status_code=201)
async def set_custom_fields(
    account: Account, writer: Writer, incident: SeenIncident, body: CustomFieldsBody
) -> JSON:
    """Set the values of some custom fields."""
    actor = writer.user or account.company.api_user
    change = account.incident_commands.begin_change(incident, by=actor)
    incident_details.set_custom_fields(change, dict(_known_field(one) for one in body.custom_fields))
    account.incident_commands.save([change])
    return {"custom_fields": incident_shapes.custom_fields(change.incident)}


@router.get("/log_entries", dependencies=[READ])
async def list_log_entries(seen: Seen, incident: SeenIncident, page: Paging) -> JSON:
    """The log entries of the incident, newest first."""
    entries = [log_entry_shapes.log_entry(seen, entry, incident) for entry in reversed(incident.log)]
    return page.answer("log_entries", entries)


def _note(directory: Directory, note: Note) -> JSON:
    return {
        "id": note.id,
        "user": directory.reference("user", note.user),
        "channel": {"summary": "The PagerDuty website or APIs"},
        "content": note.content,
        "created_at": in_seconds(note.created_at),
        "updated_at": in_seconds(note.created_at),
    }


def _status_update(directory: Directory, update: StatusUpdate) -> JSON:
    shown: JSON = {
        "id": update.id,
        "message": update.message,
        "created_at": in_seconds(update.created_at),
        "sender": directory.reference("user", update.user),
    }
    if update.subject is not None:
        shown |= {"subject": update.subject, "html_message": update.html_message}
    return shown


def _known_field(one: FieldAssignment) -> tuple[str, Any]:
    field = one.id or field_named(one.name or "")
    if field is None or field not in FIELDS:
        raise errors.invalid_input(f"There is no custom field {one.id or one.name!r}")
    if not accepts(field, one.value):
        raise errors.invalid_input(f"{FIELDS[field]['name']} must be of type {FIELDS[field]['data_type']}")
    return field, one.value
