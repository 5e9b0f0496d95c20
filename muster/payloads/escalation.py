"""Where an incident stands in its escalation policy, and when it goes on.

REST names no level. It is the one rule of the policy that can have assigned the incident: a rule that names
one of its people, else the only rule that names a schedule. Where several can, the level stays unknown.
"""

from collections.abc import Sequence
from datetime import datetime

from muster.payloads.values import Body, mapping, mappings, moment_or_none
from muster.values import identifier
from workflows.incident.values import Escalation


def escalation_of(incident: Body) -> Escalation | None:
    """Level and next escalation; ``None`` where neither is known."""
    rules = list(mappings(mapping(incident.get("escalation_policy")).get("escalation_rules")))
    level, at = _level(incident, rules), _escalates_at(incident)
    if level is None and at is None:
        return None
    return Escalation(level=level, at=at, next_level=_next(level, len(rules)) if at else None)


def _level(incident: Body, rules: Sequence[Body]) -> int | None:
    if incident.get("assigned_via") == "direct_assignment":
        return None
    people = {
        identifier(assignee.get("id"))
        for entry in mappings(incident.get("assignments"))
        if isinstance(assignee := entry.get("assignee"), dict)
    }
    named = [place for place, rule in enumerate(rules, 1) if people & _targets(rule, of_user=True)]
    by_schedule = [place for place, rule in enumerate(rules, 1) if _targets(rule, of_user=False)]
    candidates = named or by_schedule if people else []
    return candidates[0] if len(candidates) == 1 else None


def _targets(rule: Body, *, of_user: bool) -> set[str | None]:
    return {
        identifier(target.get("id"))
        for target in mappings(rule.get("targets"))
        if str(target.get("type")).startswith("user") is of_user
    }


def _next(level: int | None, levels: int) -> int | None:
    """After its last level a policy begins again."""
    return None if level is None else level % levels + 1


def _escalates_at(incident: Body) -> datetime | None:
    times = [
        at
        for action in mappings(incident.get("pending_actions"))
        if action.get("type") == "escalate" and (at := moment_or_none(action.get("at"))) is not None
    ]
    return min(times, default=None)
