"""``teams.sum_up``: how an incident went, said in its chat at most once for each resolve."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from activities.teams.sends import Sends
from activities.teams.summaries import SummaryActivities
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.clients.pagerduty.tokens import AppTokens
from muster.clients.teams.connector import ConnectorClient
from muster.config_file import PagerDutyAccount
from muster.store import chats, rooms
from muster.store.pool import Pool, transaction
from tests.support.pagerduty_account import ADA_USER, BO_USER, COMPANY
from tests.support.pagerduty_account import SimulatedAccount as PagerDuty
from tests.support.refused_sends import KeptRefusedSends
from tests.support.rooms import TOPIC, failed, ran
from tests.support.teams_service import TeamsService
from workflows.incident_room.activities import SumUp
from workflows.incident_room.messages import RoomKey
from workflows.link_notes import CHAT_NOTE, MEETING_NOTE

pytestmark = pytest.mark.anyio

OPENED = datetime(2026, 1, 1, 10, tzinfo=UTC)
RESOLVED = OPENED + timedelta(minutes=42)
EARLY = ("The first deploy is rolled back", "So is the second one")
"""Notes that people wrote before the incident had a room."""
TEXT = (
    "🏁 **#42 Checkout is slow** was resolved by Bo Call after 42 min · 2 notes · 1 person"
    " · [PagerDuty](https://acme.pagerduty.com/incidents/Q1)"
)


class Summaries:
    """Says how an incident went, and reads what its chat was told."""

    def __init__(
        self, activities: SummaryActivities, teams_side: TeamsService, pool: Pool, chat: str, room: RoomKey
    ) -> None:
        self.activities = activities
        self.teams_side = teams_side
        self.pool = pool
        self.chat = chat
        self.room = room

    def summing(self, resolved_at: datetime = RESOLVED, **changes: Any) -> SumUp:
        given: dict[str, Any] = {
            "room": self.room,
            "tenant": COMPANY.tenant_id,
            "correlation": "f:1",
            "chat": self.chat,
            "resolved_at": resolved_at,
            "resolved_by": "Bo Call",
            "opened_at": OPENED,
            "number": 42,
            "title": "Checkout is slow",
            "incident_url": "https://acme.pagerduty.com/incidents/Q1",
            "notes": 1,
            "people": 1,
        }
        return SumUp(**given | changes)

    async def say(self, resolved_at: datetime = RESOLVED, **changes: Any) -> None:
        await ran(self.activities.sum_up, self.summing(resolved_at, **changes))

    async def fails(self) -> str:
        kind, _ = await failed(self.activities.sum_up, self.summing())
        return kind

    async def said(self) -> list[str]:
        messages = await self.teams_side.messages(self.chat)
        return [one["versions"][-1]["activity"]["text"] for one in messages]

    async def summed_up(self) -> datetime | None:
        return (await rooms.restore(self.pool, self.room)).summed_up


@pytest.fixture
async def summaries(
    connector: ConnectorClient,
    pool: Pool,
    sends: Sends,
    refused_sends: KeptRefusedSends,
    teams_side: TeamsService,
    http: httpx.AsyncClient,
    accounts: dict[str, PagerDutyAccount],
    pagerduty_side: PagerDuty,
    incident: str,
) -> Summaries:
    ada, bo = (COMPANY.pagerduty_users[one].aad_object_id for one in (ADA_USER, BO_USER))
    chat = await teams_side.chats.open(ada, bo, topic=TOPIC, app=True)
    async with transaction(pool) as connection:
        await chats.find_or_make(
            connection,
            id=chat,
            tenant=COMPANY.tenant_id,
            account=COMPANY.account,
            number=42,
            name=TOPIC,
            service_url=teams_side.service_url,
            at=datetime.now(UTC),
        )
    for note in EARLY:
        await pagerduty_side.add_note(incident, note)
    room = RoomKey(account=COMPANY.account, incident_id=incident)
    await rooms.open_room(pool, room, tenant=COMPANY.tenant_id)
    activities = SummaryActivities(
        connector,
        PagerDutyClient(http),
        AppTokens(http, accounts),
        accounts,
        pool,
        sends,
        refused_sends,
    )
    return Summaries(activities, teams_side, pool, chat, room)


@pytest.mark.pooler_too
async def test_the_chat_is_told_once_for_each_resolve(summaries: Summaries) -> None:
    for _ in range(2):
        await summaries.say()
    assert await summaries.said() == [TEXT]
    assert await summaries.summed_up() == RESOLVED
    await summaries.say(RESOLVED + timedelta(hours=1))
    assert len(await summaries.said()) == 2


async def test_two_at_once_say_it_once(summaries: Summaries) -> None:
    await asyncio.gather(summaries.say(), summaries.say())
    assert await summaries.said() == [TEXT]


@pytest.mark.parametrize("do", ["lose_answer", "status_after"])
async def test_after_a_lost_answer_it_is_not_said_again(summaries: Summaries, do: str) -> None:
    more = {} if do == "lose_answer" else {"status": 503}
    await summaries.teams_side.fault("create", do, **more)
    assert await summaries.fails() == "OutcomeUnknown"
    await summaries.say()
    assert await summaries.said() == [TEXT]


async def test_what_certainly_was_not_said_is_said_later(summaries: Summaries) -> None:
    await summaries.teams_side.fault("create", "status", status=429, retry_after=1)
    assert await summaries.fails() == "RateLimited"
    assert await summaries.summed_up() is None
    await summaries.say()
    assert await summaries.said() == [TEXT]


async def test_a_chat_that_refuses_the_bot_is_reported_and_told_once_it_takes_it(
    summaries: Summaries, refused_sends: KeptRefusedSends
) -> None:
    ada = COMPANY.pagerduty_users[ADA_USER].aad_object_id
    await summaries.teams_side.chats.remove_app(ada, summaries.chat)
    assert await summaries.fails() == "BotRemoved"
    assert refused_sends.reported == [(summaries.chat, "BotNotInConversationRoster")]
    await summaries.teams_side.chats.add_app(ada, summaries.chat)
    await summaries.say()
    assert await summaries.said() == [TEXT]


async def test_what_people_wrote_is_no_markup(summaries: Summaries) -> None:
    await summaries.say(title="[go](https://evil.example) **now**", resolved_by="*Bo*", number=None)
    (text,) = await summaries.said()
    assert "[go](" not in text
    assert "**now**" not in text
    assert "*Bo*" not in text.replace("\\*Bo\\*", "")


async def test_what_is_not_known_is_left_out(summaries: Summaries) -> None:
    await summaries.say(opened_at=None, resolved_by="", incident_url="", people=8)
    assert await summaries.said() == ["🏁 **#42 Checkout is slow** was resolved · 2 notes · 8 people"]


async def test_notes_with_the_way_to_the_chat_and_to_the_meeting_are_not_counted(
    summaries: Summaries, pagerduty_side: PagerDuty
) -> None:
    for address in (f"{CHAT_NOTE}https://chat.example", f"{MEETING_NOTE}https://meet.example, +1 2,,3#"):
        await pagerduty_side.add_note(summaries.room.incident_id, address)
    await summaries.say()
    assert await summaries.said() == [TEXT]


@pytest.mark.parametrize("status", [403, 404, 500, 503])
async def test_where_pagerduty_tells_no_notes_those_that_the_run_heard_are_counted(
    summaries: Summaries, pagerduty_side: PagerDuty, status: int
) -> None:
    path = f"/incidents/{summaries.room.incident_id}/notes"
    await pagerduty_side.fault("rest", "status", status=status, match={"path": path})
    await summaries.say(notes=1)
    assert await summaries.said() == [TEXT.replace("2 notes", "1 note")]


async def test_where_pagerduty_hangs_it_is_said_all_the_same(
    summaries: Summaries, pagerduty_side: PagerDuty
) -> None:
    path = f"/incidents/{summaries.room.incident_id}/notes"
    await pagerduty_side.fault("rest", "slow", seconds=9, match={"path": path})
    await summaries.say(notes=1)
    assert await summaries.said() == [TEXT.replace("2 notes", "1 note")]
