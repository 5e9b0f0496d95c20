"""Announcements: one clear line, and nothing that strangers typed becomes markup."""

from datetime import timedelta
from typing import Any

import pytest

from muster.cards.incident.announcement import announcement_text
from tests.support.announcements import AT, an_announcement
from tests.support.views import OPENED, a_view
from workflows.incident.event_types import News
from workflows.incident.news import Announcement
from workflows.incident.stamps import Stamp
from workflows.incident.values import Comment, MergedInto, Reference, Responder

ADA = Reference(id="PUSER01", name="Ada Ops")
TAKER = MergedInto(id="Q77", number=77, title="Payments down", url="https://acme.pagerduty.com/incidents/Q77")
HOSTILE, ESCAPED = "<at>*all*</at>", r"&lt;at&gt;\*all\*&lt;/at&gt;"


@pytest.mark.parametrize(
    ("news", "changes", "by", "text"),
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
        ("reopened", {}, HOSTILE, f"🔴 Reopened by {ESCAPED}"),
        ("status_update", {}, "Ada Ops", "📣 Status update by Ada Ops: It is the database."),
        ("note", {}, "Ada Ops", "📝 Note by Ada Ops: It is the database."),
        ("responder_replied", {}, "Bo Call", "🙋 Bo Call joined"),
    ],
)
def test_an_announcement_says_what_happened_and_who_did_it(
    news: News, changes: dict[str, Any], by: str | None, text: str
) -> None:
    assert announcement_text(a_view(**changes), an_announcement(news, by=by)) == text


def test_where_no_thread_tells_the_incident_the_line_has_its_number() -> None:
    note = an_announcement("note")
    assert announcement_text(a_view(number=42), note, names_incident=True) == (
        "📝 #42 · Note by Ada Ops: It is the database."
    )
    without = announcement_text(a_view(number=None), note, names_incident=True)
    assert without == "📝 Note by Ada Ops: It is the database."


def commented(text: str, author: str | None = None) -> Announcement:
    comment = Comment(id="N1", text=text, author=author, at=AT)
    return Announcement(news="note", stamp=Stamp(at=AT), by="the agent", comment=comment)


def answered(state: str, name: str = "Bo Call") -> Announcement:
    person = Reference(id="PUSER02", name=name)
    return Announcement(
        news="responder_replied", stamp=Stamp(at=AT), responder=Responder(person=person, state=state)
    )


@pytest.mark.parametrize(
    ("announcement", "text"),
    [
        (commented("first\n\n- second\n# third"), "📝 Note: first - second # third"),
        (commented(HOSTILE, HOSTILE), f"📝 Note by {ESCAPED}: {ESCAPED}"),
        (commented("[pay](http://evil)"), r"📝 Note: \[pay\](http://evil)"),
        (commented("x" * 300), f"📝 Note: {'x' * 199}…"),
        (answered("declined"), "🙋 Bo Call declined to join"),
        (answered("cancelled"), "🙋 Bo Call is not asked any more"),
        (answered("*away*"), r"🙋 Bo Call \*away\*"),
        (answered("joined", HOSTILE), f"🙋 {ESCAPED} joined"),
        (answered("joined", ""), "🙋 PUSER02 joined"),
    ],
)
def test_what_people_wrote_is_one_short_line_that_shows_every_character(
    announcement: Announcement, text: str
) -> None:
    assert announcement_text(a_view(), announcement) == text
