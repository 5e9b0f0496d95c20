"""The life of a team, from Teams' simulator through the whole product: rows, cards and messages follow.

Teams tells events twice, late, out of order or not at all. Every test leaves the team as it was.
"""

import pytest
from temporalio.client import WorkflowExecutionStatus

from tests.chaos.checkout_team import (
    LIVES,
    away,
    channel_id,
    happens,
    is_let_go,
    is_suspended,
    row,
)
from tests.chaos.company import ADA_EMAIL, BO_EMAIL, Company, Incident
from tests.support.waiting import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("room_beside")]

GONE, BACK = "Incidents no longer appear in Teams", "Incidents appear in Teams again"


async def told(company: Company, title: str) -> int:
    """How many messages of this title Bo has been sent, who connected the service."""
    chats = [
        conversation
        for conversation in (await company.teams.records())["conversations"]
        if conversation["kind"] == "personal" and conversation["members"] == [await aad_of(company, BO_EMAIL)]
    ]
    return sum(title in str(message["versions"][0]) for chat in chats for message in chat["messages"])


async def are_told(company: Company, title: str, times: int) -> None:
    async def true() -> bool:
        return await told(company, title) == times

    await eventually(true, within=30)


async def aad_of(company: Company, email: str) -> str:
    return str(next(one["aad_object_id"] for one in company.people if one["email"] == email))


async def is_connected_by_bo(company: Company) -> None:
    await company.rows(
        "UPDATE connection SET connected_by = $1, connected_name = 'Bo Call' WHERE conversation = $2",
        await aad_of(company, BO_EMAIL),
        await channel_id(company),
    )


async def arrives(company: Company) -> Incident:
    """An incident that is triggered now has its card in the channel."""
    incident = await company.incident()
    await incident.shown_and_recorded()
    return incident


async def does_not_arrive(company: Company) -> None:
    """The event of an incident is taken, and registers no card."""
    incident = await company.incident()

    async def is_taken() -> bool:
        states = await company.pagerduty.webhook_states(incident.id)
        return states.get("incident.triggered") == "delivered"

    await eventually(is_taken, within=30)
    assert await incident.row() == []


@pytest.mark.parametrize(("takes", "brings"), LIVES)
async def test_what_takes_a_channel_away_and_brings_it_back_is_followed_by_rows_cards_and_messages(
    company: Company, takes: str, brings: str
) -> None:
    await is_connected_by_bo(company)
    gone, back = await told(company, GONE), await told(company, BACK)
    incident = await arrives(company)
    async with away(company, takes, brings):
        await is_let_go(company, incident)
        await are_told(company, GONE, gone + 1)
        await does_not_arrive(company)
    await are_told(company, BACK, back + 1)
    await arrives(company)
    assert (await told(company, GONE), await told(company, BACK)) == (gone + 1, back + 1)


@pytest.mark.parametrize(("takes", "brings"), LIVES)
async def test_what_takes_away_and_comes_after_what_brought_back_changes_nothing(
    company: Company, takes: str, brings: str
) -> None:
    await happens(company, takes, after_next=True)
    assert set(await happens(company, brings)) == {200}
    await has_ended(company)
    await is_suspended(company, False)
    await arrives(company)


async def test_names_follow_and_keys_stay(company: Company) -> None:
    before = await row(company)
    await happens(company, "teamRenamed", name="Money")
    await happens(company, "channelRenamed", name="alarms")

    async def renamed() -> bool:
        now = await row(company)
        return (now["team_name"], now["name"]) == ("Money", "alarms")

    await eventually(renamed, within=30)
    now = await row(company)
    assert (now["team_key"], now["key"]) == (before["team_key"], before["key"])
    await arrives(company)
    await happens(company, "teamRenamed", name=before["team_name"])
    await happens(company, "channelRenamed", name=before["name"])


async def test_lost_events_are_found_out_by_a_refused_card_and_by_what_somebody_writes(
    company: Company,
) -> None:
    """Nobody tells the bot that the team was archived, nor that it is not any more."""
    await is_connected_by_bo(company)
    back = await told(company, BACK)
    await happens(company, "teamArchived", only="none")
    await company.incident()
    await is_suspended(company, True)
    await happens(company, "teamUnarchived", only="none")
    said = {"person": ADA_EMAIL, "conversation": await channel_id(company), "text": "help"}
    await company.teams.say(**said)
    await is_suspended(company, False)
    await arrives(company)
    await has_ended(company)
    assert await told(company, BACK) == back, "what somebody wrote is no news to them"


async def has_ended(company: Company) -> None:
    """No run of the team's set-up goes on."""
    handle = company.temporal.get_workflow_handle(f"setup/{(await row(company))['team_key']}")

    async def ended() -> bool:
        return (await handle.describe()).status is not WorkflowExecutionStatus.RUNNING

    await eventually(ended, within=30)
