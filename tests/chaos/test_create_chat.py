"""**Create Chat** under every kind of trouble: one chat, an outcome for each click, true answers."""

import asyncio
from collections import Counter
from functools import partial
from typing import Any

import pytest

from tests.chaos.buttons import on_screen
from tests.chaos.chat import Chat
from tests.chaos.company import DI_EMAIL, TEAMS_PATIENCE, Company, Incident
from tests.chaos.invariants import in_sync
from tests.chaos.room import Room
from tests.support.waiting import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

MAKING, THERE = "Muster is making the chat", "There is a chat for this incident: https://"
NOBODY_KNOWS = "Muster does not know whether the chat was made"
AGAIN: list[dict[str, Any]] = [
    {"after": 0},
    {"after": 0.05},
    {"after": 0.1, "new_id": True},
    {"after": 4, "new_id": True},
]
"""Teams delivers a click under the same id and under new ones, the last when its outcome is known."""


async def test_create_chat_delivered_again_under_the_same_id_and_under_new_ones_makes_one_chat(
    company: Company,
) -> None:
    incident = await shown(company)
    await company.teams.fault("chat", "slow", seconds=1, match={"method": "POST"})
    answers = await incident.click("create_chat", by=DI_EMAIL, deliveries=AGAIN)
    told = [str(answer["body"]["value"]) for answer in answers]
    assert all(one.startswith((MAKING, THERE)) for one in told), told
    assert told[-1].startswith(THERE)
    room = Room(incident)
    await room.is_complete()
    assert await incident.outcomes() == ["done"]
    await in_sync(incident)
    assert await room.violations() == []


async def test_create_chat_delivered_again_when_the_incident_is_over_finds_the_chat(company: Company) -> None:
    """Its room's run has ended. Somebody's Teams still has the card as it was."""
    incident = await shown(company)
    pressed = on_screen(await incident.card(), "create_chat")
    await incident.click("create_chat", by=DI_EMAIL, message=pressed)
    room = Room(incident)
    await room.is_complete()
    await in_sync(incident)
    (answer,) = await incident.click("create_chat", by=DI_EMAIL, message=pressed)
    incident.expected_outcomes -= 1  # it is the same click
    assert answer["body"]["value"].startswith(THERE)
    assert await incident.outcomes() == ["done"]
    await in_sync(incident)
    assert await room.violations() == []


async def test_create_chat_in_the_channel_and_in_a_chat_at_once_makes_one_that_both_lead_to(
    company: Company,
) -> None:
    incident = await shown(company)
    chat = await Chat.opened(company)
    await chat.follow(incident)
    await incident.shown_and_recorded()
    await company.teams.fault("chat", "slow", seconds=1, match={"method": "POST"})
    answers = await asyncio.gather(
        incident.click("create_chat", by=DI_EMAIL),
        incident.click("create_chat", by=DI_EMAIL, place=chat.id),
    )
    told = [str(answer["body"]["value"]) for (answer,) in answers]
    assert all(one.startswith((MAKING, THERE)) for one in told), told
    room = Room(incident)
    await room.is_complete()
    assert Counter(await incident.outcomes()) == {"done": 1, "already": 1}
    for place in (None, chat.id):
        await eventually(partial(room.is_joined_from, place))
    await in_sync(incident)
    assert await room.violations() == []


async def test_create_chat_while_the_worker_is_away_makes_one_when_it_is_back(company: Company) -> None:
    incident = await shown(company)
    await company.product.stop("worker", seconds=3)
    (answer,) = await incident.click("create_chat", by=DI_EMAIL)
    assert answer["ms"] < TEAMS_PATIENCE
    assert answer["body"]["value"].startswith(MAKING)
    room = Room(incident)
    await room.is_complete()
    assert await incident.outcomes() == ["done"]
    assert await incident.told_privately(DI_EMAIL) == [], "the card tells it"
    await in_sync(incident)
    assert await room.violations() == []


async def test_a_click_of_which_nobody_knows_makes_no_second_chat_and_the_next_one_makes_it(
    company: Company,
) -> None:
    """Microsoft's answer is lost, and it refuses to be searched."""
    incident = await shown(company)
    await answers_are_lost(company)
    told = await incident.click("create_chat", by=DI_EMAIL, deliveries=AGAIN)
    assert NOBODY_KNOWS in told[-1]["body"]["value"]
    await incident.shows(NOBODY_KNOWS)
    room = Room(incident)
    assert len(await room.chats()) == 1
    await company.teams.clear_faults()

    await room.ask()
    await room.is_complete()
    lost, known = await room.chats()
    assert known["id"] == incident.chats[-1]
    assert lost["messages"] == [], "nothing is done in a chat that nobody knows"
    assert await incident.outcomes() == ["failed", "done"]
    await eventually(room.is_joined_from)
    await in_sync(incident)


async def test_of_two_clicks_at_once_none_makes_a_second_chat_beside_one_that_nobody_knows(
    company: Company,
) -> None:
    """Both cards offered Create Chat, and said nothing of a chat that may be there already."""
    incident = await shown(company)
    chat = await Chat.opened(company)
    await chat.follow(incident)
    await incident.shown_and_recorded()
    await answers_are_lost(company)
    await company.pagerduty.fault(
        "rest", "slow", seconds=1.7, times=50, match={"method": "GET", "incident": incident.id}
    )
    await asyncio.gather(
        incident.click("create_chat", by=DI_EMAIL),
        incident.click("create_chat", by=DI_EMAIL, place=chat.id),
    )
    await eventually(partial(_has_outcomes, incident, 2))
    await incident.agrees(NOBODY_KNOWS)
    assert await incident.outcomes() == ["failed", "failed"]
    assert len(await Room(incident).chats()) == 1
    await company.pagerduty.clear_faults()
    await in_sync(incident)


async def shown(company: Company) -> Incident:
    """An incident whose card is in its channel."""
    incident = await company.incident()
    await incident.shown_and_recorded()
    return incident


async def answers_are_lost(company: Company) -> None:
    """The next chat is made and nobody hears of it; then nobody may search for it."""
    await company.teams.fault("chat", "lose_answer", match={"method": "POST"})
    await company.teams.fault("chat", "status", status=403, times=50, match={"method": "GET"})


async def _has_outcomes(incident: Incident, count: int) -> bool:
    return len(await incident.outcomes()) == count
