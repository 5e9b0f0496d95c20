"""Thread replies and private messages: one clear line, no live markup from strangers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from muster.cards.private import failed_text, late_text, unlinked_text

from muster.cards.highlight import highlight_text
from muster.cards.tables import Transition
from workflows.channel_incident.view import View
from workflows.incident.values import Reference

OPENED = datetime(2026, 1, 1, 10, 0, 1, tzinfo=UTC)


def a_view(**changes: Any) -> View:
    view = View(
        account="acme",
        incident_id="Q1",
        revision=3,
        as_of=OPENED,
        number=42,
        title="Checkout [latency]",
        url="https://acme.pagerduty.com/incidents/Q1",
        status="triggered",
        priority="P1",
        opened_at=OPENED,
    )
    return view.model_copy(update=changes)


ADA = Reference(id="PUSER01", name="Ada Ops")


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
def test_highlight(transition: Transition, changes: dict[str, Any], by: str | None, text: str) -> None:
    assert highlight_text(a_view(**changes), transition, by=by) == text


def test_an_unlinked_person_learns_that_nothing_changed_and_what_to_do() -> None:
    text = unlinked_text("acknowledge", a_view())
    assert text.startswith(
        r"You pressed **Acknowledge** on #42 Checkout \[latency\] "
        "([PagerDuty](https://acme.pagerduty.com/incidents/Q1)), but your Teams account is not linked"
    )
    assert "**acme**" in text
    assert "nothing was changed" in text


def test_a_failed_press_says_why() -> None:
    text = failed_text("resolve", a_view(url=None), reason="PagerDuty did not answer *in time*.")
    assert "**Resolve** on #42" in text
    assert r"did not work: PagerDuty did not answer \*in time\*. The card" in text


def test_a_late_press_was_not_done() -> None:
    text = late_text("acknowledge", a_view(number=None, title=""))
    assert "**Acknowledge** on incident Q1" in text
    assert "was not done" in text
