"""**Create Meeting**, **Join Meeting**, and what a card says of a meeting beside the incident's bridge."""

from typing import Any

import pytest

from muster.cards.incident.card import incident_card
from tests.support.views import a_view
from workflows.channel_incident.view import CardIdentity, View
from workflows.incident.values import Bridge, Comment
from workflows.meeting import ToldMeeting

OURS, ZOOM = "https://teams.microsoft.com/l/meetup-join/1", "https://zoom.example/j/1"
IDENTITY = CardIdentity(marker="m", nonce="n")


def of_type(node: Any, kind: str) -> list[dict[str, Any]]:
    if isinstance(node, dict):
        found = [node] if node.get("type") == kind else []
        return found + [one for value in node.values() for one in of_type(value, kind)]
    if isinstance(node, list | tuple):
        return [one for value in node for one in of_type(value, kind)]
    return []


def drawn(**changes: Any) -> tuple[View, str, list[str]]:
    view = a_view(**{"verbs": ("acknowledge", "resolve"), **changes})
    card = incident_card(view, IDENTITY)
    return view, str(card), [one["title"] for one in of_type(dict(card), "Action.OpenUrl") if "title" in one]


@pytest.mark.parametrize(
    ("bridge", "told", "joins"),
    [
        (None, None, None),
        (OURS, None, OURS),
        (ZOOM, None, ZOOM),
        (ZOOM, ToldMeeting(url=OURS, standing="theirs"), ZOOM),
        (None, ToldMeeting(url=OURS, standing="refused"), OURS),
        (OURS, ToldMeeting(url=OURS, standing="gone"), None),
        (ZOOM, ToldMeeting(url=OURS, standing="gone"), ZOOM),
    ],
)
def test_where_join_meeting_leads(bridge: str | None, told: ToldMeeting | None, joins: str | None) -> None:
    held = Bridge(url=bridge) if bridge else None
    view = a_view(bridge=held, meeting=told, verbs=("acknowledge", "resolve"))
    links = of_type(dict(incident_card(view, IDENTITY)), "Action.OpenUrl")
    addresses = [one["url"] for one in links if one.get("title") == "Join Meeting"]
    assert addresses == ([joins] if joins else [])


def test_join_meeting_stands_where_create_meeting_stood() -> None:
    verbs = ("acknowledge", "resolve", "create_meeting", "create_chat")
    before = of_type(dict(incident_card(a_view(verbs=verbs), IDENTITY)), "ActionSet")[0]["actions"]
    assert [one["title"] for one in before] == ["Acknowledge", "Resolve", "Create Meeting", "Create Chat"]
    view = a_view(verbs=("acknowledge", "resolve", "create_chat"), bridge=Bridge(url=OURS))
    after = of_type(dict(incident_card(view, IDENTITY)), "ActionSet")[0]["actions"]
    assert [one["title"] for one in after] == ["Acknowledge", "Resolve", "Join Meeting", "Create Chat"]
    assert [one.get("mode") for one in after] == [None, None, None, "secondary"]


def test_another_bridge_than_ours_is_said_with_the_way_to_ours() -> None:
    _, text, _ = drawn(bridge=Bridge(url=ZOOM), meeting=ToldMeeting(url=OURS, standing="theirs"))
    assert "is not the incident's bridge" in text
    assert f"[Join the other meeting]({OURS})" in text


def test_the_address_of_a_meeting_that_nobody_organises_stays_to_be_read() -> None:
    told = ToldMeeting(url=OURS, standing="gone")
    _, text, _ = drawn(bridge=Bridge(url=OURS), meeting=told, verbs=("acknowledge", "create_meeting"))
    assert f"[Join meeting]({OURS})" in text
    assert "was deleted. Create Meeting makes a new one." in text


@pytest.mark.parametrize(
    "text", [f"Microsoft Teams meeting: {OURS}", f"Microsoft Teams meeting: {OURS}, +1 2,,3#"]
)
def test_a_note_that_tells_only_where_the_meeting_is_is_not_shown_beside_it(text: str) -> None:
    view = a_view()
    note = Comment(id="N1", text=text, author="Ada Ops", at=view.as_of)
    _, shown, _ = drawn(bridge=Bridge(url=OURS), latest_note=note)
    assert "Latest note" not in shown
    _, shown, _ = drawn(latest_note=note)
    assert "Latest note" in shown
