"""How an incident went, in one line that no title can break."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from muster.cards.rooms.summary import summary_text
from workflows.incident_room.activities import SumUp
from workflows.incident_room.messages import RoomKey

RESOLVED = datetime(2026, 1, 1, 10, 21, 40, tzinfo=UTC)
URL = "https://acme.pagerduty.com/incidents/Q1"


def summary(**changes: Any) -> str:
    known: dict[str, Any] = {
        "room": RoomKey(account="acme", incident_id="Q1"),
        "tenant": "tenant",
        "correlation": "e1",
        "chat": "19:room@thread.v2",
        "resolved_at": RESOLVED,
        "resolved_by": "Bo Call",
        "opened_at": RESOLVED - timedelta(minutes=21, seconds=40),
        "number": 42,
        "title": "Checkout latency",
        "incident_url": URL,
        "notes": 3,
        "people": 4,
    }
    return summary_text(SumUp(**(known | changes)))


def test_it_tells_who_how_long_how_many_and_where() -> None:
    assert summary() == (
        "🏁 **#42 Checkout latency** was resolved by Bo Call after 21 min · 3 notes · 4 people · "
        f"[PagerDuty]({URL})"
    )


def test_one_is_one_and_none_are_none() -> None:
    assert "· 1 note · 1 person ·" in summary(notes=1, people=1)
    assert "· 0 notes · 0 people ·" in summary(notes=0, people=0)


def test_what_nobody_knows_is_left_out() -> None:
    assert summary(resolved_by="", opened_at=None, incident_url="") == (
        "🏁 **#42 Checkout latency** was resolved · 3 notes · 4 people"
    )


@pytest.mark.parametrize(
    ("number", "title", "bold"),
    [
        (42, "", "**#42**"),
        (42, " \n ", "**#42**"),
        (None, "Checkout", "**Checkout**"),
        (None, "", "**Incident Q1**"),
        (None, "# 1", r"**\# 1**"),
        (42, "a\r\nb", "**#42 a b**"),
    ],
)
def test_without_number_or_title_what_is_left_is_bold(number: int | None, title: str, bold: str) -> None:
    assert f"🏁 {bold} was resolved" in summary(number=number, title=title)


def test_a_resolve_that_is_told_before_the_beginning_took_no_time() -> None:
    assert "after 0 s" in summary(opened_at=RESOLVED + timedelta(seconds=3))


@pytest.mark.parametrize("field", ["title", "resolved_by"])
def test_what_others_wrote_is_no_markup(field: str) -> None:
    text = summary(**{field: "[go](https://evil.example) **x** <at>all</at>\n# y \u202ez"})
    assert r"\[go\](https://evil.example) \*\*x\*\*" in text
    assert "&lt;at&gt;" in text
    assert "\n" not in text
    assert "\u202e" not in text


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://", "ftp://x.example/"])
def test_an_address_that_is_no_web_link_is_no_link(url: str) -> None:
    assert "PagerDuty" not in summary(incident_url=url)


def test_a_long_title_is_cut() -> None:
    assert len(summary(title="x" * 4_000)) < 400
