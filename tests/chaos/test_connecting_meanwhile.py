"""A team goes on living while its first service is connected; what takes nothing away disturbs nobody."""

import asyncio
from typing import Any

import pytest

from tests.chaos.commits import Commit, commits_held
from tests.chaos.company import ADA_EMAIL, CY_EMAIL, DI_EMAIL, Company
from tests.chaos.first_connection import TEAM, FirstConnection
from tests.chaos.invariants import in_sync
from tests.chaos.place import Place
from tests.chaos.room import made_for
from tests.chaos.subscribed import subscribed

pytestmark = pytest.mark.anyio

_SECRET = Commit("webhook_subscription", "INSERT")
LIVES = ["teamRenamed", "channelRenamed", "channelCreated", "people", "upgrade"]


@pytest.mark.parametrize("what", LIVES)
async def test_a_connection_ends_well_and_nobody_is_told_of_what_takes_nothing_away(
    first: FirstConnection, what: str
) -> None:
    """Each of it is told twice, while PagerDuty's secret is on its way to its row."""
    company, place = first.company, first.place()
    key, told = await place.key(), await _said_privately(company)
    async with commits_held(company, _SECRET) as reached:
        asking = asyncio.create_task(place.connect())
        await reached()
        answers = await _happens(company, place, what)
    await asking
    assert (len(answers) >= 2, set(answers)) == (True, {200})
    await subscribed(first)
    await company.microsoft.grant()
    incident = await company.incident(service=place.service)
    await incident.shown_and_recorded()
    room = await made_for(incident)
    await in_sync(incident)
    assert await room.violations() == []
    assert await place.key() == key
    assert await _names(company, place) == {
        "team": "Money" if what == "teamRenamed" else TEAM,
        "channel": "alarms" if what == "channelRenamed" else place.channel.name,
    }
    assert await _said_privately(company) == told
    if what == "teamRenamed":
        await company.teams.happens("teamRenamed", team=await _team(company, place), name=TEAM)


async def _happens(company: Company, place: Place, what: str) -> list[int | None]:
    """What the bot answers to each time that it is told."""
    teams, of_team = company.teams, {"team": await _team(company, place), "repeat": 2}
    match what:
        case "teamRenamed":
            return await teams.happens(what, person=ADA_EMAIL, name="Money", **of_team)
        case "channelRenamed":
            about = {"channel": place.channel.id, "name": "alarms"}
            return await teams.happens(what, person=ADA_EMAIL, **about, **of_team)
        case "channelCreated":
            return await teams.happens(what, person=ADA_EMAIL, name="lunch", **of_team)
        case "people":
            goes = await teams.happens("teamMemberRemoved", person=CY_EMAIL, **of_team)
            return goes + await teams.happens("teamMemberAdded", person=CY_EMAIL, **of_team)
        case _:
            return await teams.upgrade(person=DI_EMAIL, **of_team)


async def _team(company: Company, place: Place) -> str:
    (row,) = await company.rows("SELECT team FROM conversation WHERE id = $1", place.channel.id)
    return str(row["team"])


async def _names(company: Company, place: Place) -> dict[str, Any]:
    (row,) = await company.rows(
        """SELECT team.name AS team, conversation.name AS channel
           FROM conversation JOIN team ON team.id = conversation.team WHERE conversation.id = $1""",
        place.channel.id,
    )
    return dict(row)


async def _said_privately(company: Company) -> int:
    """How many messages the bot's private chats hold."""
    conversations = (await company.teams.records())["conversations"]
    return sum(len(one["messages"]) for one in conversations if one["kind"] == "personal")
