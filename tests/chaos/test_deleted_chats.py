"""Somebody deletes an incident's chat: cards offer Create Chat, and nothing but a click makes another one."""

import asyncio
from functools import partial

import pytest

from muster.cards.rooms.sentences import gone_sentence
from tests.chaos.company import DI_EMAIL, Company, Incident
from tests.chaos.invariants import in_sync
from tests.chaos.room import Room, made_for
from tests.support.waiting import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

SLOW = 2.5
"""Seconds that Microsoft takes, in which the chat is deleted."""
GONE = gone_sentence(offers_chat=True)


@pytest.mark.parametrize("killed", [False, True], ids=["worker alive", "worker killed"])
@pytest.mark.parametrize(
    ("on", "method", "ending"), [("install", "POST", "/installedApps"), ("member", "GET", "/members")]
)
async def test_a_chat_that_is_deleted_while_its_room_works_is_made_anew_by_the_next_click_alone(
    company: Company, on: str, method: str, ending: str, killed: bool
) -> None:
    incident = await shown(company)
    room = Room(incident)
    await company.teams.fault(on, "slow", seconds=SLOW, match={"method": method})
    before = await creates(company)
    asked = asyncio.create_task(room.ask())
    await eventually(partial(_is_called, room, method, ending))
    await room.is_deleted()
    if killed:
        company.product.kill("worker")
    await asked
    await incident.shows(GONE, within=60)
    assert await room.chats() == []
    assert await creates(company) == before + 1

    await room.ask()
    await room.is_complete()
    assert await creates(company) == before + 2
    await eventually(room.is_joined_from)
    await in_sync(incident)
    assert await room.violations() == []


async def test_of_two_clicks_at_once_after_a_chat_was_deleted_one_makes_another_although_the_worker_dies(
    company: Company,
) -> None:
    """The room hears of it by the card, which cannot be shown in the chat any more."""
    incident = await shown(company)
    room = await made_for(incident)
    before = await creates(company)
    await room.is_deleted()
    await incident.note("Does anybody read this?")
    await incident.shows(GONE, "Does anybody read this?")

    card = await incident.card()
    await company.teams.fault("chat", "slow", seconds=SLOW, match={"method": "POST"})
    asked = [
        asyncio.create_task(incident.click("create_chat", by=by, message=card))
        for by in (DI_EMAIL, "person000@acme.example")
    ]
    await eventually(partial(_is_asked, company, before))
    company.product.kill("worker")
    await asyncio.gather(*asked)
    await eventually(partial(_has_outcomes, incident, 3), within=60)
    assert sorted(await incident.outcomes()) == ["already", "done", "done"]
    await eventually(partial(room.is_joined_from, card["conversation"]))
    (there,) = await room.chats()
    incident.chats.append(there["id"])
    await incident.shown_and_recorded()
    await in_sync(incident)
    assert await creates(company) == before + 1


async def shown(company: Company) -> Incident:
    """An incident whose card is in its channel."""
    incident = await company.incident()
    await incident.shown_and_recorded()
    return incident


async def creates(company: Company) -> int:
    """How often Microsoft was asked for a chat so far."""
    calls = (await company.teams.records())["graph_calls"]
    return len([one for one in calls if (one["method"], one["path"]) == ("POST", "/chats")])


async def _is_asked(company: Company, before: int) -> bool:
    return await creates(company) > before


async def _is_called(room: Room, method: str, ending: str) -> bool:
    """Microsoft was asked this of the chat, which the room knows."""
    row = await room.row()
    return row is not None and row["chat"] is not None and bool(await room.calls(method, ending))


async def _has_outcomes(incident: Incident, count: int) -> bool:
    return len(await incident.outcomes()) == count
