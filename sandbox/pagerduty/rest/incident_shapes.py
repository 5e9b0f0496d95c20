"""The JSON shapes of incidents, with the parts that ``include[]`` adds."""

from collections.abc import Collection

from sandbox.pagerduty.custom_fields import FIELDS, field_value
from sandbox.pagerduty.directory import JSON, Directory
from sandbox.pagerduty.events import resolve_reason
from sandbox.pagerduty.model import Incident, Responder, ResponderRequest
from sandbox.pagerduty.pending_actions import pending_actions
from sandbox.pagerduty.rest import account_shapes, log_entry_shapes
from sandbox.pagerduty.times import in_seconds


def incident(directory: Directory, shown: Incident, include: Collection[str], service_status: str) -> JSON:
    """An incident; ``service_status`` is shown if ``include`` has ``services``."""
    include = {"assignees", "acknowledgers", "agents", *include} if "users" in include else include
    teams = directory.teams_of_service(shown.service)
    last_change = shown.updated_at if shown.status == "triggered" else shown.last_status_change_at
    answer = {
        **directory.incident_reference(shown.id, shown.summary),
        "type": "incident",
        "incident_number": shown.number,
        "title": shown.title,
        "created_at": in_seconds(shown.created_at),
        "updated_at": in_seconds(shown.updated_at),
        "status": shown.status,
        "incident_key": shown.incident_key,
        "service": directory.reference("service", shown.service),
        "assignments": [
            {"at": in_seconds(one.at), "assignee": _user(directory, one.user, full="assignees" in include)}
            for one in shown.assignments
        ],
        "assigned_via": shown.assigned_via,
        "last_status_change_at": in_seconds(last_change),
        "last_status_change_by": _agent(directory, shown, include, service_status),
        "resolved_at": in_seconds(shown.resolved_at),
        "first_trigger_log_entry": log_entry_shapes.reference(directory, shown.log[0], shown),
        "alert_counts": _alert_counts(shown),
        "is_mergeable": True,
        "incident_type": {"name": shown.incident_type},
        "escalation_policy": directory.reference("escalation_policy", shown.escalation_policy),
        "teams": [directory.reference("team", team) for team in teams],
        "pending_actions": [
            {"type": action.type, "at": in_seconds(action.at)} for action in pending_actions(shown, directory)
        ],
        "acknowledgements": [
            {
                "at": in_seconds(one.at),
                "acknowledger": _user(directory, one.user, full="acknowledgers" in include),
            }
            for one in shown.acknowledgements
        ],
        "alert_grouping": None,
        "priority": account_shapes.priority(directory, shown.priority) if shown.priority else None,
        "resolve_reason": resolve_reason(shown, directory),
        "incidents_responders": [_responder(directory, one, shown) for one in shown.responders],
        "responder_requests": [responder_request(directory, one, shown) for one in shown.responder_requests],
        "urgency": shown.urgency,
    }
    if "services" in include:
        answer["service"] = account_shapes.service(directory, shown.service, service_status)
    if "escalation_policies" in include:
        answer["escalation_policy"] = account_shapes.escalation_policy(directory, shown.escalation_policy)
    if "teams" in include:
        answer["teams"] = [account_shapes.team(directory, team) for team in teams]
    if "first_trigger_log_entries" in include:
        answer["first_trigger_log_entry"] = log_entry_shapes.log_entry(directory, shown.log[0], shown)
    return answer | _included(shown, include)


def custom_fields(shown: Incident) -> list[JSON]:
    """All custom fields of the account with this incident's values."""
    return [field_value(field, shown.custom_fields.get(field)) for field in FIELDS]


def responder_request(directory: Directory, request: ResponderRequest, shown: Incident) -> JSON:
    """A responder request, with the replies so far."""
    return {
        "id": request.id,
        "incident": directory.incident_reference(shown.id, shown.summary),
        "requester": directory.reference("user", request.requester),
        "requested_at": in_seconds(request.requested_at),
        "message": request.message,
        "responder_request_targets": [
            {
                "responder_request_target": {
                    "id": target.id,
                    "type": target.type.removesuffix("_reference"),
                    "incidents_responders": [
                        _responder(directory, one, shown)
                        for one in shown.responders
                        if target.id in (one.user, one.escalation_policy)
                    ],
                }
            }
            for target in request.targets
        ],
    }


def _included(shown: Incident, include: Collection[str]) -> JSON:
    """Keys that an incident has only if ``include`` names them."""
    answer: JSON = {}
    if "conference_bridge" in include:
        bridge = shown.conference_bridge
        answer["conference_bridge"] = bridge.model_dump(exclude_none=True) if bridge else None
    if "custom_fields" in include:
        answer["custom_fields"] = custom_fields(shown)
    if "body" in include:
        answer["body"] = {"type": "incident_body", "details": shown.body}
    return answer


def _alert_counts(shown: Incident) -> dict[str, int]:
    triggered = sum(1 for alert in shown.alerts if alert.status == "triggered")
    return {
        "all": len(shown.alerts),
        "triggered": triggered,
        "resolved": len(shown.alerts) - triggered,
    }


def _agent(directory: Directory, shown: Incident, include: Collection[str], service_status: str) -> JSON:
    """Who changed the status last."""
    key = shown.last_status_change_by
    if "agents" not in include:
        return directory.agent(key)
    if key in directory.services:
        return account_shapes.service(directory, key, service_status)
    return account_shapes.user(directory, key)


def _user(directory: Directory, key: str, *, full: bool) -> JSON:
    return account_shapes.user(directory, key) if full else directory.reference("user", key)


def _responder(directory: Directory, responder: Responder, shown: Incident) -> JSON:
    policy = responder.escalation_policy
    return {
        "state": responder.state,
        "user": directory.reference("user", responder.user),
        "incident": directory.incident_reference(shown.id, shown.summary),
        "updated_at": in_seconds(responder.updated_at),
        "message": responder.message,
        "requester": directory.reference("user", responder.requester),
        "requested_at": in_seconds(responder.requested_at),
        "escalation_policy_requests": [directory.name("escalation_policy", policy)] if policy else [],
    }
