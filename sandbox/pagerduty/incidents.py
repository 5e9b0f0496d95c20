"""PagerDuty's rules for the status and the assignment of an incident, without I/O.

Each function checks the rule and adds its steps to an ``IncidentChange``: the incident after the step, and
the webhook event that PagerDuty sends for it.
"""

from collections.abc import Sequence
from typing import Any

from sandbox.pagerduty import errors
from sandbox.pagerduty.alerts import contexts_of, trigger_channel
from sandbox.pagerduty.incident_change import IncidentChange
from sandbox.pagerduty.model import Acknowledgement


def trigger(change: IncidentChange) -> None:
    """Trigger the new incident: by its first alert, or by hand."""
    incident = change.incident
    change.step(
        "trigger",
        "Triggered",
        event="incident.triggered",
        assignees=incident.assignees,
        channel=trigger_channel(incident),
        contexts=contexts_of(incident.alerts[0]) if incident.alerts else (),
    )


def acknowledge(change: IncidentChange) -> None:
    """Acknowledge; a resolved incident is first reopened and assigned to the user."""
    if not change.incident.is_open:
        reopen(change, [change.by], directly=True)
    if change.by in change.incident.acknowledgers:
        raise errors.already_acknowledged()
    acknowledgement = Acknowledgement(user=change.by, at=change.at)
    change.step(
        "acknowledge",
        "Acknowledged",
        event="incident.acknowledged",
        status="acknowledged",
        acknowledgements=(*change.incident.acknowledgements, acknowledgement),
    )


def unacknowledge(change: IncidentChange) -> None:
    """Take all acknowledgements away; nothing happens if there is none."""
    if change.incident.status == "acknowledged":
        change.step(
            "unacknowledge",
            "Unacknowledged",
            event="incident.unacknowledged",
            status="triggered",
            acknowledgements=(),
        )


def resolve(change: IncidentChange, resolution: str | None = None) -> None:
    """Resolve, with every alert; the incident has no assignees afterwards."""
    if not change.incident.is_open:
        raise errors.already_resolved()
    alerts = tuple(
        alert.model_copy(update={"status": "resolved", "resolved_at": alert.resolved_at or change.at})
        for alert in change.incident.alerts
    )
    change.step(
        "resolve", "Resolved", event="incident.resolved", note=resolution, alerts=alerts, **ended(change)
    )


def reopen(
    change: IncidentChange, users: Sequence[str], *, directly: bool, escalation_policy: str | None = None
) -> None:
    """Reopen; ``directly`` is true if a person chose the users, false if the escalation policy did."""
    change.step(
        "trigger",
        "Reopened",
        event="incident.reopened",
        assignees=users,
        status="triggered",
        resolved_at=None,
        merged_into=None,
        reopened_at=change.at,
        assignments=change.assigned(users),
        assigned_via="direct_assignment" if directly else "escalation_policy",
        escalation_policy=escalation_policy or change.incident.escalation_policy,
        escalation_level=1,
        escalation_loops=0,
    )


def reassign(change: IncidentChange, users: Sequence[str]) -> None:
    """Assign other users."""
    if not change.incident.is_open:
        raise errors.already_resolved()
    _assign(
        change, users, "assign", "Reassigned", event="incident.reassigned", assigned_via="direct_assignment"
    )


def delegate(change: IncidentChange, escalation_policy: str, users: Sequence[str]) -> None:
    """Assign another escalation policy, from its first level."""
    if not change.incident.is_open:
        raise errors.already_resolved()
    _assign(
        change,
        users,
        "delegate",
        "Delegated to another escalation policy",
        event="incident.delegated",
        assigned_via="escalation_policy",
        escalation_policy=escalation_policy,
        escalation_level=1,
        escalation_loops=0,
    )


def escalate(change: IncidentChange, level: int, users: Sequence[str], *, loops: int = 0) -> None:
    """Assign another level of the escalation policy; ``loops`` is 1 where the policy begins again."""
    if not change.incident.is_open:
        raise errors.already_resolved()
    _assign(
        change,
        users,
        "escalate",
        f"Escalated to level {level}",
        event="incident.escalated",
        assigned_via="escalation_policy",
        escalation_level=level,
        escalation_loops=change.incident.escalation_loops + loops,
    )


def ended(change: IncidentChange) -> dict[str, Any]:
    """The fields that every end of an incident sets."""
    return {"status": "resolved", "resolved_at": change.at, "assignments": (), "acknowledgements": ()}


def _assign(
    change: IncidentChange, users: Sequence[str], kind: str, summary: str, *, event: str, **fields: Any
) -> None:
    """Change the assignees. The status becomes triggered, since no new assignee has acknowledged."""
    change.step(
        kind,
        summary,
        event=event,
        assignees=users,
        status="triggered",
        assignments=change.assigned(users),
        acknowledgements=(),
        **fields,
    )
