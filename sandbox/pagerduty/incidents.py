"""PagerDuty's rules for the status and the assignment of an incident, without I/O.

Each function checks the rule and adds its steps to an ``IncidentChange``: the incident after the step, and
the webhook event that PagerDuty sends for it.
"""

from collections.abc import Sequence
from typing import Any

from sandbox.pagerduty import errors
from sandbox.pagerduty.incident_change import IncidentChange
from sandbox.pagerduty.model import Acknowledgement


def trigger(change: IncidentChange) -> None:
    """Trigger the new incident."""
    change.step("trigger", "Triggered", event="incident.triggered", assignees=change.incident.assignees)


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
    """Resolve; the incident has no assignees afterwards."""
    if not change.incident.is_open:
        raise errors.already_resolved()
    change.step(
        "resolve",
        "Resolved",
        event="incident.resolved",
        note=resolution,
        status="resolved",
        resolved_at=change.at,
        assignments=(),
        acknowledgements=(),
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
        reopened_at=change.at,
        assignments=change.assigned(users),
        assigned_via="direct_assignment" if directly else "escalation_policy",
        escalation_policy=escalation_policy or change.incident.escalation_policy,
        escalation_level=1,
    )


def reassign(change: IncidentChange, users: Sequence[str]) -> None:
    """Assign other users."""
    if not change.incident.is_open:
        raise errors.cannot_reassign()
    _assign(
        change, users, "assign", "Reassigned", event="incident.reassigned", assigned_via="direct_assignment"
    )


def delegate(change: IncidentChange, escalation_policy: str, users: Sequence[str]) -> None:
    """Assign another escalation policy, from its first level."""
    if not change.incident.is_open:
        raise errors.cannot_reassign()
    _assign(
        change,
        users,
        "delegate",
        "Delegated to another escalation policy",
        event="incident.delegated",
        assigned_via="escalation_policy",
        escalation_policy=escalation_policy,
        escalation_level=1,
    )


def escalate(change: IncidentChange, level: int, users: Sequence[str]) -> None:
    """Assign another level of the escalation policy."""
    if not change.incident.is_open:
        raise errors.cannot_escalate("The incident is resolved")
    _assign(
        change,
        users,
        "escalate",
        f"Escalated to level {level}",
        event="incident.escalated",
        assigned_via="escalation_policy",
        escalation_level=level,
    )


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
