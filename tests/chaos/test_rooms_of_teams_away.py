"""The channel is taken away while its incident has a chat of its own: the chat goes on without it.

When the channel is back, its card shows what was done meanwhile, and leads to the chat.
"""

import asyncio
from functools import partial

import pytest

from tests.chaos.chat import Chat
from tests.chaos.checkout_team import LIVES, away, channel_id, is_let_go
from tests.chaos.company import BO_EMAIL, Company, Incident
from tests.chaos.invariants import SUMMED_UP, in_sync
from tests.chaos.room import Room, made_for
from tests.support.waiting import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.mark.parametrize(("takes", "brings"), LIVES)
async def test_a_chat_goes_on_while_its_channel_is_away_whose_card_comes_back_and_leads_to_it(
    company: Company, takes: str, brings: str
) -> None:
    incident = await shown(company)
    room = await made_for(incident)
    own = Chat(company, incident.chats[-1])
    async with away(company, takes, brings):
        await is_let_go(company, incident)
        await incident.click("acknowledge", by=BO_EMAIL, place=own.id)
        await incident.note("Written while the channel was away")
        for text in ("Acknowledged by Bo Call", "Written while the channel was away"):
            await eventually(partial(own.shows, incident, text))
            assert text not in str((await incident.card())["versions"])
    await incident.agrees("Acknowledged by Bo Call", "Written while the channel was away")
    await eventually(room.is_joined_from)
    await incident.click("resolve", by=BO_EMAIL)
    await in_sync(incident)
    assert await room.violations() == []


@pytest.mark.parametrize(("takes", "brings"), LIVES)
async def test_what_is_resolved_in_its_chat_while_its_channel_is_away_is_resolved_when_that_is_back(
    company: Company, takes: str, brings: str
) -> None:
    """The chat is summed up, and the runs of both are over before."""
    incident = await shown(company)
    room = await made_for(incident)
    own = Chat(company, incident.chats[-1])
    async with away(company, takes, brings):
        await is_let_go(company, incident)
        await incident.click("resolve", by=BO_EMAIL, place=own.id)
        await eventually(partial(own.shows, incident, "Resolved by Bo Call"))
        await eventually(partial(_is_summed_up, incident, own))
        await incident.ends()
    await incident.agrees("Resolved by Bo Call")
    assert await room.is_joined_from()
    await in_sync(incident)
    assert await incident.said() == [], "nothing that happened meanwhile is news"
    assert await room.violations() == []


@pytest.mark.parametrize(("takes", "brings"), LIVES)
async def test_a_chat_that_is_asked_for_elsewhere_while_the_channel_is_away_is_joined_from_it_later(
    company: Company, takes: str, brings: str
) -> None:
    incident = await shown(company)
    followed = await Chat.opened(company)
    await followed.follow(incident)
    await incident.shown_and_recorded()
    room = Room(incident)
    async with away(company, takes, brings):
        await is_let_go(company, incident)
        await room.ask(followed.id)
        await room.is_complete()
        await eventually(partial(room.is_joined_from, followed.id))
        assert not await room.is_joined_from()
    await eventually(room.is_joined_from)
    await in_sync(incident)
    assert await room.violations() == []


async def test_a_chat_that_is_being_made_while_its_team_goes_is_made(company: Company) -> None:
    """Whoever asked is in a team that is not there any more, and in the chat."""
    incident = await shown(company)
    room = Room(incident)
    await company.teams.fault("chat", "slow", seconds=2, match={"method": "POST"})
    asked = asyncio.create_task(room.ask())
    await eventually(partial(_is_being_made, room))
    async with away(company, "teamDeleted", "teamRestored"):
        await asked
        await room.is_complete()
        await incident.click("acknowledge", by=BO_EMAIL, place=incident.chats[-1])
        await eventually(
            partial(Chat(company, incident.chats[-1]).shows, incident, "Acknowledged by Bo Call")
        )
    await incident.agrees("Acknowledged by Bo Call")
    await eventually(room.is_joined_from)
    await in_sync(incident)
    assert await room.violations() == []


async def shown(company: Company) -> Incident:
    """An incident whose card is in the channel."""
    incident = await company.incident()
    await incident.shown_and_recorded()
    assert (await incident.card())["conversation"] == await channel_id(company)
    return incident


async def _is_being_made(room: Room) -> bool:
    row = await room.row()
    return row is not None and row["stage"] == "making"


async def _is_summed_up(incident: Incident, own: Chat) -> bool:
    return any(line.startswith(SUMMED_UP) for line in await incident.said(own.id))
