"""Replies in a card's thread: one clear line, and nothing that strangers typed becomes markup."""

from datetime import timedelta
from typing import Any

import pytest

from muster.cards.incident.announcement import announcement_text
from tests.support.views import OPENED, a_view
from workflows.incident.event_types import Transition
from workflows.incident.values import MergedInto, Reference

ADA = Reference(id="PUSER01", name="Ada Ops")
TAKER = MergedInto(id="Q77", number=77, title="Payments down", url="https://acme.pagerduty.com/incidents/Q77")


@pytest.mark.parametrize(
    ("transition", "changes", "by", "text"),
    [
        (
            "resolved",
            {"status": "resolved", "resolved_at": OPENED + timedelta(minutes=21)},
            "Bo Call",
            "🟢 Resolved by Bo Call after 21 min",
        ),
        ("resolved", {"status": "resolved"}, None, "🟢 Resolved"),
        (
            "resolved",
            {"status": "resolved", "resolved_at": OPENED + timedelta(minutes=21), "merged_into": TAKER},
            "Ada Ops",
            "🟢 Merged into #77 Payments down ([PagerDuty](https://acme.pagerduty.com/incidents/Q77)) "
            "by Ada Ops after 21 min",
        ),
        ("reopened", {}, "Bo Call", "🔴 Reopened by Bo Call"),
        ("priority_raised", {}, None, "⬆️ Priority raised to P1"),
        ("priority_raised", {"priority": None}, "Bo", "⬆️ Priority raised by Bo"),
        ("escalated", {"assignees": (ADA,), "assignee_count": 1}, None, "⏫ Escalated to Ada Ops"),
        (
            "escalated",
            {"assignees": (ADA,) * 3, "assignee_count": 9},
            None,
            "⏫ Escalated to Ada Ops, Ada Ops, Ada Ops, … and 6 more",
        ),
        ("reopened", {}, "<at>*all*</at>", r"🔴 Reopened by &lt;at&gt;\*all\*&lt;/at&gt;"),
    ],
)
def test_an_announcement_says_what_happened_and_who_did_it(
    transition: Transition, changes: dict[str, Any], by: str | None, text: str
) -> None:
    assert announcement_text(a_view(**changes), transition, by=by) == text
