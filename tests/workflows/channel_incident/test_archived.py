"""The card in a chat that is archived: its last state, without buttons, and then nothing more."""

from datetime import UTC, datetime

import pytest
from temporalio.client import Client

from tests.workflows.channel_incident.running import Run, shown
from workflows.channel_incident.room import Place, offers_chat, shown_room
from workflows.channel_incident.state import CardState, State
from workflows.channel_incident.view import View
from workflows.channel_incident.workflow_type import END_CARD
from workflows.following import Following, Stopped
from workflows.room import Room, ShownRoom

pytestmark = pytest.mark.anyio

AT = datetime(2026, 1, 1, 10, 8, tzinfo=UTC)
ENDED = Following(number=0, by="", stopped=Stopped(by="", at=AT, is_archived=True))
CHAT, URL = "19:room@thread.v2", "https://teams.example/l/chat/19:room"
ARCHIVED = Room(number=3, stage="archived", tenant="tenant", chat=CHAT, url=URL)


def view(run: Run) -> View:
    """What the card shows now."""
    return run.outside.shown[-1].view


async def test_it_shows_its_last_state_and_its_run_ends(client: Client) -> None:
    async with shown(client) as run:
        await run.signal(END_CARD.name, ENDED)
        assert (await run.ends()).status == "stopped"
    assert (view(run).verbs, view(run).stopped) == ((), ENDED.stopped)
    assert (len(run.outside.posts), run.outside.replies) == (1, [])


async def test_told_again_a_later_run_shows_nothing_new(client: Client) -> None:
    async with shown(client) as run:
        await run.signal(END_CARD.name, ENDED)
        await run.ends()
        sent = len(run.outside.shown)
        run.outside.following = ENDED
        await run.signal(END_CARD.name, ENDED)
        await run.ends()
    assert len(run.outside.shown) == sent


def test_other_cards_lead_to_it_as_long_as_somebody_is_in_it() -> None:
    assert shown_room(ARCHIVED, Place("tenant", "19:ops")) == ShownRoom(kind="archived", url=URL)
    empty = ARCHIVED.model_copy(update={"url": ""})
    assert shown_room(empty, Place("tenant", "19:ops")) == ShownRoom(kind="archived")
    assert shown_room(ARCHIVED, Place("another", "19:ops")) is None
    assert shown_room(ARCHIVED, Place("tenant", CHAT)) is None, "its own card says that it is archived"


def test_they_offer_to_make_another_one() -> None:
    state = State(card=CardState(marker="M", nonce="N"), offers_chat=True, room=ARCHIVED)
    assert offers_chat(state, Place("tenant", "19:ops"))
    assert not offers_chat(state, Place("another", "19:ops"))
