"""An incident in a channel and in two chats with different presets: they agree, whatever goes wrong.

One of the chats has three hundred people, from whom Teams asks for no newer picture: it counts to 60.
"""

import asyncio
from functools import partial

import pytest

from muster.cards.rooms.sentences import BOT_REMOVED
from tests.chaos.chat import Chat
from tests.chaos.company import BO_EMAIL, DI_EMAIL, Company, Incident, holding
from tests.chaos.conftest import CROWD
from tests.chaos.invariants import SUMMED_UP, in_sync
from tests.chaos.room import made_for
from tests.support.simulators import P1
from tests.support.waiting import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

MANY = [f"person{number:03}@acme.example" for number in range(CROWD)]
TEN = MANY[:10]
NOTE, RAISED, RESOLVED = "📝", "⬆️", "🟢"
_CARD_IN_A_CHAT = "SELECT FROM incident_card WHERE incident_id = $1 AND conversation = $2 FOR UPDATE"


async def test_three_places_agree_although_answers_are_lost_the_worker_dies_and_the_bot_leaves_and_returns(
    company: Company,
) -> None:
    incident = await company.incident()
    await incident.shown_and_recorded()
    loud, quiet = await Chat.opened(company, *MANY), await Chat.opened(company)

    await company.teams.fault("create", "lose_answer", match={"conversation": loud.id})
    in_loud = await loud.follow(incident, by=TEN)
    in_quiet = await quiet.follow(incident)
    await loud.choose("all")
    await quiet.choose("none")
    await incident.shown_and_recorded()

    await company.teams.fault("edit", "lose_answer", match={"conversation": loud.id})
    await incident.note("The first deploy is rolled back")
    await incident.agrees("The first deploy is rolled back")
    await eventually(partial(_has_said, incident, loud, 1))
    async with holding(company, _CARD_IN_A_CHAT, incident.id, loud.id):
        await incident.note("So is the second one")
        await incident.agrees("So is the second one")
        await eventually(partial(_is_recorded, incident, "So is the second one", 2))
        await company.somebody_waits_for_a_lock()
        company.product.kill("worker")

    (orphan,) = [one for one in await _cards(incident, loud) if one != (await incident.card(loud.id))["id"]]
    await incident.click("acknowledge", message={"conversation": loud.id, "id": orphan})
    await incident.agrees("Acknowledged by Bo Call", "So is the second one")
    await eventually(partial(_is_gone, loud, orphan))

    await loud.loses_the_bot()
    await incident.gets_priority(P1)
    await incident.note("All is rolled back")
    for text in ("P1 · High", "All is rolled back"):
        await eventually(partial(quiet.shows, incident, text))
        assert not await loud.shows(incident, text)
    await loud.gets_the_bot()
    await incident.agrees("Acknowledged by Bo Call", "P1 · High", "All is rolled back")

    await incident.click("resolve", by=DI_EMAIL, place=loud.id)
    await in_sync(incident)
    assert await incident.changes_by_buttons() == ["acknowledged", "resolved"]
    assert await _said(incident, loud) == [NOTE, NOTE], "nothing of meanwhile, nor what was clicked here"
    assert await _said(incident, quiet) == []
    assert await _said(incident) == [RAISED, RESOLVED]
    for chat in (loud, quiet):
        assert len(await _cards(incident, chat)) == 1
    assert await loud.seen_anew(in_loud) == [], "so many people would each ask for it"
    (anew,) = await quiet.seen_anew(in_quiet)
    assert "Resolved by Di Pager" in anew, "the picture that somebody shared is theirs, and agrees too"


async def test_its_own_chat_agrees_although_the_worker_dies_and_the_bot_leaves_it_and_returns(
    company: Company,
) -> None:
    """Wherever else the incident is, its card says that the one in its own chat stands still."""
    incident = await company.incident()
    await incident.shown_and_recorded()
    following = await Chat.opened(company)
    await following.follow(incident)
    await following.choose("none")
    room = await made_for(incident)
    own = Chat(company, incident.chats[-1])

    async with holding(company, _CARD_IN_A_CHAT, incident.id, own.id):
        await incident.note("The deploy is rolled back")
        await eventually(partial(own.shows, incident, "The deploy is rolled back"))
        await company.somebody_waits_for_a_lock()
        company.product.kill("worker")
    await incident.agrees("The deploy is rolled back")
    await eventually(partial(_has_said, incident, own, 1))

    await own.loses_the_bot()
    await eventually(partial(following.shows, incident, BOT_REMOVED))
    company.product.kill("worker")
    await incident.note("Caches are filling up")
    await incident.click("acknowledge", by=DI_EMAIL, place=following.id)
    for text in ("Caches are filling up", "Acknowledged by Di Pager"):
        await eventually(partial(following.shows, incident, text), within=30)
        assert not await own.shows(incident, text)
    await own.gets_the_bot()
    await incident.agrees("Caches are filling up", "Acknowledged by Di Pager")
    await eventually(partial(_says_no_more, following, incident, BOT_REMOVED))

    await incident.click("resolve", by=BO_EMAIL, place=own.id)
    await in_sync(incident)
    assert await _said(incident, own) == [NOTE, SUMMED_UP], "nothing of meanwhile"
    assert await _said(incident, following) == []
    for place in (None, following.id):
        assert await room.is_joined_from(place)
    assert await room.violations() == []


async def test_a_chat_leaves_by_stop_following_although_the_worker_dies_and_the_others_go_on(
    company: Company,
) -> None:
    incident = await company.incident()
    await incident.shown_and_recorded()
    leaving, staying = await Chat.opened(company), await Chat.opened(company)
    for chat in (leaving, staying):
        await chat.follow(incident)
    await leaving.choose("all")
    await incident.shown_and_recorded()

    async with holding(company, "LOCK TABLE click IN SHARE MODE"):
        click = asyncio.create_task(incident.click("stop_following", place=leaving.id))
        await company.somebody_waits_for_a_lock()
        company.product.kill("worker")
    (answer,) = await click
    assert "working on it" in str(answer["body"])
    await eventually(partial(leaving.is_over, incident), within=30)
    last = await incident.card(leaving.id)

    await incident.note("For those who follow it")
    await incident.becomes("acknowledged")
    await incident.agrees("Acknowledged by Ada Ops", "For those who follow it")
    await in_sync(incident)
    assert await incident.card(leaving.id) == last, "nothing more is shown there"
    assert await _said(incident, leaving) == []
    assert await _said(incident, staying) == [RESOLVED]
    assert await incident.outcomes() == ["done"]


async def _said(incident: Incident, chat: Chat | None = None) -> list[str]:
    """The lines beside the card in a chat or in the channel, by the symbols that they begin with."""
    return [line.split()[0] for line in await incident.said(chat.id if chat else None)]


async def _has_said(incident: Incident, chat: Chat, times: int) -> bool:
    """So many lines were said and recorded."""
    (row,) = [row for row in await incident.row() if row["conversation"] == chat.id]
    return len(row["replies"]) == times


async def _is_recorded(incident: Incident, text: str, places: int) -> bool:
    """In so many conversations the row says that its card shows the text."""
    return len([row for row in await incident.row() if text in (row["view"] or "")]) == places


async def _cards(incident: Incident, chat: Chat) -> list[str]:
    """Ids of the bot's cards that nobody deleted."""
    cards = [one for one in await incident.messages() if one["conversation"] == chat.id]
    return [one["id"] for one in cards if not one["deleted_at"]]


async def _says_no_more(chat: Chat, incident: Incident, text: str) -> bool:
    return not await chat.shows(incident, text)


async def _is_gone(chat: Chat, message: str) -> bool:
    return message not in await chat.living()
