"""Level and next escalation, from an incident with its whole escalation policy."""

from datetime import UTC, datetime
from typing import Any

import pytest

from muster.payloads.escalation import escalation_of
from workflows.incident.values import Escalation

AT = datetime(2026, 1, 1, 10, 52, tzinfo=UTC)


def user(name: str) -> dict[str, str]:
    return {"id": name, "type": "user_reference"}


def schedule(name: str) -> dict[str, str]:
    return {"id": name, "type": "schedule_v3_reference"}


def body(*rules: list[dict[str, str]], assigned: str = "ADA", **changes: Any) -> dict[str, Any]:
    return {
        "assignments": [{"assignee": user(assigned)}],
        "assigned_via": "escalation_policy",
        "pending_actions": [
            {"type": "resolve", "at": "2026-01-01T14:00:00Z"},
            {"type": "escalate", "at": "2026-01-01T10:52:00Z"},
        ],
        "escalation_policy": {"id": "EP", "escalation_rules": [{"targets": targets} for targets in rules]},
        **changes,
    }


@pytest.mark.parametrize(
    ("incident", "level", "next_level"),
    [
        (body([user("ADA")], [user("BO")]), 1, 2),
        (body([user("BO")], [user("ADA")]), 2, 1),
        (body([schedule("S")], [user("BO")]), 1, 2),
        (body([schedule("S")], [schedule("T")]), None, None),
        (body([user("ADA")], [user("ADA")]), None, None),
        (body([schedule("S")], assigned_via="direct_assignment"), None, None),
        (body([schedule("S")], assignments=[]), None, None),
    ],
    ids=["first", "last: again", "by schedule", "two schedules", "twice", "assigned by hand", "nobody"],
)
def test_the_level_is_the_only_rule_that_can_have_assigned_it(
    incident: dict[str, Any], level: int | None, next_level: int | None
) -> None:
    assert escalation_of(incident) == Escalation(level=level, at=AT, next_level=next_level)


def test_without_a_pending_escalation_the_level_is_left() -> None:
    assert escalation_of(body([user("ADA")], pending_actions=[])) == Escalation(level=1)


@pytest.mark.parametrize(
    "changes",
    [
        {"pending_actions": None, "escalation_policy": None},
        {"pending_actions": [{"type": "escalate", "at": "soon"}, 3], "escalation_policy": {"id": "EP"}},
        {"pending_actions": "odd", "escalation_policy": {"escalation_rules": [None, {"targets": 1}]}},
    ],
)
def test_odd_values_cost_their_own_fact(changes: dict[str, Any]) -> None:
    assert escalation_of(body(**changes)) is None
