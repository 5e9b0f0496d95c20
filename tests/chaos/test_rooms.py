"""A chat is made for an incident, whatever goes wrong: one chat, everybody once, one note, one card."""

import asyncio
from functools import partial

import pytest

from tests.chaos.company import BO_EMAIL, Company, Incident
from tests.chaos.invariants import in_sync
from tests.chaos.room import Room
from tests.support.waiting import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

SLOW = 2.5
"""Seconds in which the worker is killed while Microsoft answers."""


@pytest.mark.parametrize(
    ("on", "method", "ending"),
    [
        ("chat", "POST", "/chats"),
        ("install", "POST", "/installedApps"),
        ("member", "GET", "/members"),
    ],
    ids=["while the chat is made", "while the app is installed", "while members are read"],
)
async def test_a_worker_that_is_killed_leaves_one_chat(
    company: Company, on: str, method: str, ending: str
) -> None:
    incident = await shown(company)
    room = Room(incident)
    await company.teams.fault(on, "slow", seconds=SLOW, match={"method": method})
    before = await _calls(company, method, ending)
    asked = asyncio.create_task(room.ask())
    await eventually(partial(_is_called_since, before, company, method, ending))
    company.product.kill("worker")
    assert "making the chat" in await asked or "There is a chat" in await asked
    await room.is_complete()
    await _is_true(room)


@pytest.mark.parametrize("step", ["chat", "install", "member"])
async def test_an_answer_that_is_lost_leaves_one_chat(company: Company, step: str) -> None:
    incident = await shown(company)
    room = Room(incident)
    await company.teams.fault(step, "lose_answer", match={"method": "POST"} if step == "chat" else {})
    await room.ask()
    await room.is_complete()
    await _is_true(room)


async def test_ten_clicks_and_a_killed_worker_make_one_chat_that_acts_and_agrees(company: Company) -> None:
    incident = await shown(company)
    room = Room(incident)
    before = len(await room.calls("POST", "/chats"))
    card = await incident.card()
    # All at once: a card that leads to the chat has no such button any more.
    asked = [
        asyncio.create_task(incident.click("create_chat", by=person, message=card))
        for person in (room.asker, *(f"person{number:03}@acme.example" for number in range(9)))
    ]
    await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
    company.product.kill("worker")
    await asyncio.gather(*asked)
    await eventually(partial(_is_made, room), within=60)
    row = await room.row()
    assert row is not None
    incident.chats.append(row["chat"])
    await eventually(partial(_has_outcomes, incident, 10), within=60)
    assert len(await room.chats()) == 1
    assert len(await room.calls("POST", "/chats")) == before + 1
    await eventually(partial(room.has, "shown_at"), within=60)
    await incident.shown_and_recorded()
    await incident.click("acknowledge", by=BO_EMAIL, place=row["chat"])
    await incident.agrees("Acknowledged by Bo Call")
    await in_sync(incident)


async def shown(company: Company) -> Incident:
    """An incident whose card is there."""
    incident = await company.incident()
    await incident.shown_and_recorded()
    return incident


async def _is_true(room: Room) -> None:
    """One chat, whose card acts and agrees with the channel's."""
    incident = room.incident
    await incident.click("acknowledge", by=BO_EMAIL, place=incident.chats[0])
    await incident.agrees("Acknowledged by Bo Call")
    await in_sync(incident)
    assert await room.violations() == []


async def _calls(company: Company, method: str, ending: str) -> int:
    """Graph's calls of this kind so far."""
    calls = (await company.teams.records())["graph_calls"]
    return len([one for one in calls if one["method"] == method and one["path"].endswith(ending)])


async def _is_called_since(before: int, company: Company, method: str, ending: str) -> bool:
    return await _calls(company, method, ending) > before


async def _is_made(room: Room) -> bool:
    row = await room.row()
    return row is not None and row["stage"] == "made"


async def _has_outcomes(incident: Incident, count: int) -> bool:
    return len(await incident.outcomes()) == count
