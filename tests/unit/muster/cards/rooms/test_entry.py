"""What an entry in a calendar is called, and what it says."""

import pytest

from muster.cards.rooms.entry import entry_html
from muster.cards.rooms.topic import subject_of
from workflows.incident_room.activities import OVER

PAGERDUTY, CHAT = "https://acme.pagerduty.com/incidents/Q1", "https://teams.microsoft.com/l/chat/1/0?a=1&b=2"


@pytest.mark.parametrize(
    ("title", "subject"),
    [
        ("Checkout: slow", "Incident #42 Checkout: slow"),
        ("", "Incident #42"),
        (" \n\t ", "Incident #42"),
        ("<b>*bold*</b>\nnext", "Incident #42 <b>*bold*</b> next"),
    ],
)
def test_a_subject_is_plain_text(title: str, subject: str) -> None:
    assert subject_of(42, title, "Q1") == subject


def test_a_subject_with_its_mark_is_no_longer_than_a_calendar_takes() -> None:
    subject = subject_of(42, "x" * 600, "Q1")
    assert len(OVER + subject) == 255
    assert subject.endswith("…")


def test_an_entry_leads_to_the_incident_and_its_chat() -> None:
    html = entry_html("Incident #42 <b>&", incident_url=PAGERDUTY, chat_url=CHAT)
    assert html == (
        "<p>Incident #42 &lt;b&gt;&amp;</p>"
        f'<p><a href="{PAGERDUTY}">Open in PagerDuty</a> · '
        '<a href="https://teams.microsoft.com/l/chat/1/0?a=1&amp;b=2">Join Chat</a></p>'
    )
    assert (
        entry_html("Incident #42", incident_url="javascript:alert(1)", chat_url="") == "<p>Incident #42</p>"
    )
