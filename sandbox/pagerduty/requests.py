"""The bodies callers send, and what they ask of an incident."""

from typing import Any, Literal, get_args

from pydantic import BaseModel, Field

from sandbox.pagerduty import errors, incident_details, incidents
from sandbox.pagerduty.directory import INCIDENT_TYPES, Directory
from sandbox.pagerduty.drafts import Draft
from sandbox.pagerduty.model import ConferenceBridge, Status, Urgency


class Reference(BaseModel):
    """An object named by its id; what else the caller tells of it does not matter."""

    id: str


class AssignmentRequest(BaseModel):
    """One of the wanted assignments."""

    assignee: Reference


class IncidentTypeReference(BaseModel):
    """An incident type by its name."""

    name: str


class IncidentBody(BaseModel):
    """Details of what happened."""

    details: str | dict[str, Any] | None = None


class NewIncident(BaseModel):
    """The ``incident`` of ``POST /incidents``."""

    type: Literal["incident"]
    title: str = Field(min_length=1)
    service: Reference
    priority: Reference | None = None
    urgency: Urgency = "high"
    body: IncidentBody | None = None
    incident_key: str | None = None
    assignments: list[AssignmentRequest] | None = None
    incident_type: IncidentTypeReference | None = None
    escalation_policy: Reference | None = None
    conference_bridge: ConferenceBridge | None = None


class IncidentUpdate(BaseModel):
    """The ``incident`` of ``PUT /incidents/{id}``, and with an id one of those of ``PUT /incidents``."""

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


def apply(update: IncidentUpdate, draft: Draft, directory: Directory) -> None:
    """Do everything the update asks, in the order: reopen, describe, hand over, status."""
    if update.status is not None and update.status not in get_args(Status):
        raise errors.invalid_status(update.status)
    if update.assignments is not None and update.escalation_policy is not None:
        raise errors.invalid_input("Assignments and escalation policy cannot both be given")
    if update.status == "triggered" and not draft.incident.is_open:
        _reopen(update, draft, directory)
        _describe(update, draft, directory)
        return
    if update.status == "acknowledged" and not draft.incident.is_open:
        incidents.reopen(draft, [draft.by], directly=True)
    _describe(update, draft, directory)
    _hand_over(update, draft, directory)
    match update.status:
        case "triggered":
            incidents.unacknowledge(draft)
        case "acknowledged":
            incidents.acknowledge(draft)
        case "resolved":
            incidents.resolve(draft, update.resolution)


def known_assignees(assignments: list[AssignmentRequest], directory: Directory) -> list[str]:
    """Ids of the wanted assignees; 1007 where one does not exist."""
    users = [assignment.assignee.id for assignment in assignments]
    if not users:
        raise errors.assignee_unknown(None)
    for user in users:
        if user not in directory.users:
            raise errors.assignee_unknown(user)
    return users


def known_policy(policy: Reference, directory: Directory) -> str:
    """The policy's id; 1014 where it does not exist."""
    if policy.id not in directory.policies:
        raise errors.escalation_policy_unknown(policy.id)
    return policy.id


def known_service(service: Reference, directory: Directory) -> str:
    """The service's id."""
    if service.id not in directory.services:
        raise errors.invalid_input(f"Service {service.id!r} does not exist")
    return service.id


def known_priority(priority: Reference | str, directory: Directory) -> str:
    """The priority's id, found by id or name; 1020 where it does not exist."""
    key = directory.priority_named(priority) if isinstance(priority, str) else priority.id
    if key not in directory.priorities:
        raise errors.priority_unknown(priority if isinstance(priority, str) else priority.id)
    return key


def known_incident_type(incident_type: IncidentTypeReference) -> str:
    """The type's name."""
    if incident_type.name not in INCIDENT_TYPES:
        raise errors.invalid_input(f"Incident type {incident_type.name!r} does not exist")
    return incident_type.name


def _reopen(update: IncidentUpdate, draft: Draft, directory: Directory) -> None:
    if update.assignments is not None:
        incidents.reopen(draft, known_assignees(update.assignments, directory), directly=True)
        return
    policy = draft.incident.escalation_policy
    if update.escalation_policy is not None:
        policy = known_policy(update.escalation_policy, directory)
    incidents.reopen(draft, directory.on_call(policy, 1), directly=False, escalation_policy=policy)


def _describe(update: IncidentUpdate, draft: Draft, directory: Directory) -> None:
    if update.title is not None:
        incident_details.set_title(draft, update.title)
    if update.urgency is not None:
        incident_details.set_urgency(draft, update.urgency)
    if update.priority is not None:
        priority = known_priority(update.priority, directory)
        incident_details.set_priority(draft, priority, directory.name("priority", priority))
    elif "priority" in update.model_fields_set:
        incident_details.set_priority(draft, None, "none")
    if update.incident_type is not None:
        incident_details.set_incident_type(draft, known_incident_type(update.incident_type))
    if update.conference_bridge is not None:
        incident_details.set_conference_bridge(draft, update.conference_bridge)
    if update.service is not None:
        service = known_service(update.service, directory)
        incident_details.set_service(draft, service, directory.name("service", service))


def _hand_over(update: IncidentUpdate, draft: Draft, directory: Directory) -> None:
    if update.assignments is not None:
        incidents.reassign(draft, known_assignees(update.assignments, directory))
    if update.escalation_policy is not None:
        policy = known_policy(update.escalation_policy, directory)
        incidents.delegate(draft, policy, directory.on_call(policy, 1))
    if update.escalation_level is not None:
        levels = len(directory.policies[draft.incident.escalation_policy].levels)
        if not 1 <= update.escalation_level <= levels:
            raise errors.cannot_escalate(f"The escalation policy has levels 1 to {levels}")
        users = directory.on_call(draft.incident.escalation_policy, update.escalation_level)
        incidents.escalate(draft, update.escalation_level, users)
