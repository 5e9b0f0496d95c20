"""The life of an incident: PagerDuty's rules for status and assignment, free of I/O.

Each function takes a ``Draft``, checks the rule, and adds the steps it causes: the incident as it is
then, and the webhook event that PagerDuty sends for it.
"""

from collections.abc import Sequence
from typing import Any

from sandbox.pagerduty import errors
from sandbox.pagerduty.drafts import Draft
from sandbox.pagerduty.model import Acknowledgement


def trigger(draft: Draft) -> None:
    """The incident is new."""
    draft.step("trigger", "Triggered", event="incident.triggered", assignees=draft.incident.assignees)


def acknowledge(draft: Draft) -> None:
    """Say that one is on it; on a resolved incident this reopens it first, assigned to that person."""
    if not draft.incident.is_open:
        reopen(draft, [draft.by], directly=True)
    if draft.by in draft.incident.acknowledgers:
        raise errors.already_acknowledged()
    acknowledgement = Acknowledgement(user=draft.by, at=draft.at)
    draft.step(
        "acknowledge",
        "Acknowledged",
        event="incident.acknowledged",
        status="acknowledged",
        acknowledgements=(*draft.incident.acknowledgements, acknowledgement),
    )


def unacknowledge(draft: Draft) -> None:
    """Give it back; where nobody had acknowledged it, nothing changes."""
    if draft.incident.status == "acknowledged":
        draft.step(
            "unacknowledge",
            "Unacknowledged",
            event="incident.unacknowledged",
            status="triggered",
            acknowledgements=(),
        )


def resolve(draft: Draft, resolution: str | None = None) -> None:
    """Done; nobody is assigned to it any more."""
    if not draft.incident.is_open:
        raise errors.already_resolved()
    draft.step(
        "resolve",
        "Resolved",
        event="incident.resolved",
        note=resolution,
        status="resolved",
        resolved_at=draft.at,
        assignments=(),
        acknowledgements=(),
    )


def reopen(
    draft: Draft, users: Sequence[str], *, directly: bool, escalation_policy: str | None = None
) -> None:
    """Not done after all; ``directly`` tells whether a person or the escalation policy chose the users."""
    draft.step(
        "trigger",
        "Reopened",
        event="incident.reopened",
        assignees=users,
        status="triggered",
        resolved_at=None,
        reopened_at=draft.at,
        assignments=draft.assigned(users),
        assigned_via="direct_assignment" if directly else "escalation_policy",
        escalation_policy=escalation_policy or draft.incident.escalation_policy,
        escalation_level=1,
    )


def reassign(draft: Draft, users: Sequence[str]) -> None:
    """Somebody else's job now."""
    if not draft.incident.is_open:
        raise errors.cannot_reassign()
    _hand_over(
        draft, users, "assign", "Reassigned", event="incident.reassigned", assigned_via="direct_assignment"
    )


def delegate(draft: Draft, escalation_policy: str, users: Sequence[str]) -> None:
    """Another escalation policy's job now, from its first level on."""
    if not draft.incident.is_open:
        raise errors.cannot_reassign()
    _hand_over(
        draft,
        users,
        "delegate",
        "Delegated to another escalation policy",
        event="incident.delegated",
        assigned_via="escalation_policy",
        escalation_policy=escalation_policy,
        escalation_level=1,
    )


def escalate(draft: Draft, level: int, users: Sequence[str]) -> None:
    """Another level of its policy is asked."""
    if not draft.incident.is_open:
        raise errors.cannot_escalate("The incident is resolved")
    _hand_over(
        draft,
        users,
        "escalate",
        f"Escalated to level {level}",
        event="incident.escalated",
        assigned_via="escalation_policy",
        escalation_level=level,
    )


def _hand_over(
    draft: Draft, users: Sequence[str], kind: str, summary: str, *, event: str, **changes: Any
) -> None:
    """New assignees start from triggered, since none of them has acknowledged."""
    draft.step(
        kind,
        summary,
        event=event,
        assignees=users,
        status="triggered",
        assignments=draft.assigned(users),
        acknowledgements=(),
        **changes,
    )
