"""The bodies of requests that create or update incidents, and how an update is applied."""

from typing import Any, Literal, get_args

from pydantic import BaseModel, Field

from sandbox.pagerduty import errors, incident_details, incidents
from sandbox.pagerduty.alerts import NewAlert
from sandbox.pagerduty.directory import Directory
from sandbox.pagerduty.incident_change import IncidentChange
from sandbox.pagerduty.incident_types import INCIDENT_TYPES
from sandbox.pagerduty.model import ConferenceBridge, Status, Urgency


class Reference(BaseModel):
    """An object named by its id; other keys are ignored."""

    id: str


class AssignmentRequest(BaseModel):
    """One of the wanted assignments."""

    assignee: Reference


class IncidentTypeReference(BaseModel):
    """An incident type by its name."""

    name: str


class IncidentDetails(BaseModel):
    """Details of what happened."""

    details: str | dict[str, Any] | None = None


class NewIncident(BaseModel):
    """The ``incident`` of ``POST /incidents``; ``alerts`` is the sandbox's own."""

    type: Literal["incident"]
    title: str = Field(min_length=1)
    service: Reference
    priority: Reference | None = None
    urgency: Urgency = "high"
    body: IncidentDetails | None = None
    incident_key: str | None = None
    assignments: list[AssignmentRequest] | None = None
    incident_type: IncidentTypeReference | None = None
    escalation_policy: Reference | None = None
    conference_bridge: ConferenceBridge | None = None
    alerts: list[NewAlert] | None = None


class IncidentUpdate(BaseModel):
    """The ``incident`` of ``PUT /incidents/{id}``; with an id, an item of ``PUT /incidents``."""

    id: str | None = None
    type: Literal["incident", "incident_reference"]
    status: str | None = None
    resolution: str | None = None
    title: str | None = None
    priority: Reference | str | None = None
    urgency: Urgency | None = None
    escalation_level: int | None = None
    assignments: list[AssignmentRequest] | None = None
    escalation_policy: Reference | None = None
    incident_type: IncidentTypeReference | None = None
    conference_bridge: ConferenceBridge | None = None
    service: Reference | None = None


def apply_update(update: IncidentUpdate, change: IncidentChange, directory: Directory) -> None:
    """Apply the update in this order: reopen, details, assignment, status."""
    if update.status is not None and update.status not in get_args(Status):
        raise errors.invalid_status(update.status)
    if update.assignments is not None and update.escalation_policy is not None:
        raise errors.invalid_input("Assignments and escalation policy cannot both be given")
    if update.status == "triggered" and not change.incident.is_open:
        _reopen(update, change, directory)
        _set_details(update, change, directory)
        return
    if update.status == "acknowledged" and not change.incident.is_open:
        incidents.reopen(change, [change.by], directly=True)
    _set_details(update, change, directory)
    _assign(update, change, directory)
    match update.status:
        case "triggered":
            incidents.unacknowledge(change)
        case "acknowledged":
            incidents.acknowledge(change)
        case "resolved":
            incidents.resolve(change, update.resolution)


def known_assignees(assignments: list[AssignmentRequest], directory: Directory) -> list[str]:
    """The ids of the assignees; raises error 1007 if one does not exist."""
    users = [assignment.assignee.id for assignment in assignments]
    if not users:
        raise errors.assignee_unknown(None)
    for user in users:
        if not directory.is_active(user):
            raise errors.assignee_unknown(user)
    return users


def known_policy(policy: Reference, directory: Directory) -> str:
    """The policy's id; raises error 1014 if it does not exist."""
    if not directory.sees_policy(policy.id):
        raise errors.escalation_policy_unknown(policy.id)
    return policy.id


def known_service(service: Reference, directory: Directory) -> str:
    """The service's id; raises error 2001 if it does not exist."""
    if not directory.sees_service(service.id):
        raise errors.invalid_input(f"Service {service.id!r} does not exist")
    return service.id


def known_priority(priority: Reference | str, directory: Directory) -> str:
    """The id of the priority with this id or name; raises error 1020 if there is none."""
    wanted = priority if isinstance(priority, str) else priority.id
    key = directory.priority_named(wanted) if isinstance(priority, str) else wanted
    key = key or wanted
    if key not in directory.priorities:
        raise errors.priority_unknown(wanted)
    return key


def known_incident_type(incident_type: IncidentTypeReference) -> str:
    """The type's name; raises error 2001 if it does not exist."""
    if incident_type.name not in INCIDENT_TYPES:
        raise errors.invalid_input(f"Incident type {incident_type.name!r} does not exist")
    return incident_type.name


def _reopen(update: IncidentUpdate, change: IncidentChange, directory: Directory) -> None:
    if update.assignments is not None:
        incidents.reopen(change, known_assignees(update.assignments, directory), directly=True)
        return
    policy = change.incident.escalation_policy
    if update.escalation_policy is not None:
        policy = known_policy(update.escalation_policy, directory)
    incidents.reopen(change, directory.on_call(policy, 1), directly=False, escalation_policy=policy)


def _set_details(update: IncidentUpdate, change: IncidentChange, directory: Directory) -> None:
    if update.title is not None:
        incident_details.set_title(change, update.title)
    if update.urgency is not None:
        incident_details.set_urgency(change, update.urgency)
    if update.priority is not None:
        priority = known_priority(update.priority, directory)
        incident_details.set_priority(change, priority, directory.name("priority", priority))
    elif "priority" in update.model_fields_set:
        incident_details.set_priority(change, None, "none")
    if update.incident_type is not None:
        incident_details.set_incident_type(change, known_incident_type(update.incident_type))
    if update.conference_bridge is not None:
        incident_details.set_conference_bridge(change, update.conference_bridge)
    if update.service is not None:
        service = known_service(update.service, directory)
        incident_details.set_service(change, service, directory.name("service", service))


def _assign(update: IncidentUpdate, change: IncidentChange, directory: Directory) -> None:
    if update.assignments is not None:
        incidents.reassign(change, known_assignees(update.assignments, directory))
    if update.escalation_policy is not None:
        policy = known_policy(update.escalation_policy, directory)
        incidents.delegate(change, policy, directory.on_call(policy, 1))
    if update.escalation_level is not None:
        levels = len(directory.policies[change.incident.escalation_policy].levels)
        if not 1 <= update.escalation_level <= levels:
            raise errors.cannot_escalate(f"The escalation policy has levels 1 to {levels}")
        users = directory.on_call(change.incident.escalation_policy, update.escalation_level)
        incidents.escalate(change, update.escalation_level, users)
