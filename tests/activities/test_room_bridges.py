"""``pagerduty.set_bridge`` and ``add_link_note``: where the meeting is, told as whoever asked for it."""

import asyncio
from typing import Any

import httpx
import pytest

from activities.pagerduty.meetings import MeetingLinkActivities
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.clients.pagerduty.tokens import AppTokens
from muster.config_file import PagerDutyAccount
from muster.linked_people.person_token import PersonTokens
from muster.store import meetings, room_members, rooms
from muster.store.details import lock_incident
from muster.store.meetings import NOTHING
from muster.store.pool import Pool, transaction
from tests.support.pagerduty_account import ADA_USER, BO_USER, COMPANY
from tests.support.pagerduty_account import SimulatedAccount as PagerDuty
from tests.support.rooms import failed, ran
from tests.support.waiting import eventually
from workflows.incident_meeting.activities import BridgeSet, NoteMeeting, SetBridge
from workflows.incident_room.messages import RoomKey
from workflows.meeting import StoredMeeting
from workflows.wanted import ASKER, WantedPerson

pytestmark = pytest.mark.anyio

URL, ZOOM = "https://teams.microsoft.com/l/meetup-join/1", "https://zoom.example/j/1"
NUMBER = "+1 206 555 0100,,123456789#"
_WAITS = """
SELECT true FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
"""Somebody waits for an advisory lock in the test's own database."""
OURS, THEIRS = BridgeSet(standing="ours"), BridgeSet(standing="theirs")


class Meeting:
    """A meeting that Ada has asked for, and that is there."""

    def __init__(self, activities: MeetingLinkActivities, side: PagerDuty, pool: Pool, incident: str) -> None:
        self.activities = activities
        self.side = side
        self.pool = pool
        self.room = RoomKey(account=COMPANY.account, incident_id=incident)

    async def is_made(self, *askers: str) -> None:
        await rooms.open_room(self.pool, self.room, tenant=COMPANY.tenant_id)
        row = NOTHING._replace(stage="making", attempt=1, candidate=ADA_USER, organiser="ada")
        await meetings.begin(self.pool, self.room, row)
        await meetings.note_made(self.pool, self.room, attempt=1, url=URL, number=NUMBER, event_id="E1")
        own = [WantedPerson(user=one, rank=ASKER, name=self.side.person(one).name) for one in askers]
        await room_members.want(self.pool, self.room, own, pressed=True)

    @property
    def call(self) -> dict[str, Any]:
        return {"room": self.room, "tenant": COMPANY.tenant_id, "correlation": "f:1", "attempt": 1}

    def setting(self, *, number: str = NUMBER, replaces: str = "", pressed_by: str = "") -> SetBridge:
        return SetBridge(**self.call, url=URL, number=number, replaces=replaces, pressed_by=pressed_by)

    async def set_bridge(self, **how: Any) -> BridgeSet:
        return await ran(self.activities.set_bridge, self.setting(**how))

    async def note(self, standing: Any = "ours", *, number: str = NUMBER, pressed_by: str = "") -> None:
        request = NoteMeeting(**self.call, url=URL, number=number, standing=standing, pressed_by=pressed_by)
        await ran(self.activities.note_meeting, request)

    async def bridge(self) -> dict[str, str]:
        answer = await self.side.call(
            "GET", f"/incidents/{self.room.incident_id}?include[]=conference_bridge"
        )
        return dict(answer.json()["incident"]["conference_bridge"] or {})

    async def has(self, url: str = "", number: str = "") -> None:
        """Somebody has set the bridge."""
        bridge = {"conference_url": url, "conference_number": number}
        await self.side.put(
            self.room.incident_id, conference_bridge={name: one for name, one in bridge.items() if one}
        )

    async def notes(self) -> list[tuple[str, str]]:
        """Of the incident: by whom, and what."""
        answer = await self.side.call("GET", f"/incidents/{self.room.incident_id}/notes")
        return [(one["user"]["id"], one["content"]) for one in answer.json()["notes"]]

    async def row(self) -> StoredMeeting:
        return await meetings.stored(self.pool, self.room)

    async def fault(self, method: str, ending: str = "", **how: Any) -> None:
        path = f"/incidents/{self.room.incident_id}{ending}"
        await self.side.fault("rest", match={"method": method, "path": path}, **how)

    async def writes(self) -> list[str]:
        """Who changed the incident."""
        records = (await self.side.records())["writes"]
        path = f"/incidents/{self.room.incident_id}"
        return [one["user"] for one in records if (one["method"], one["path"]) == ("PUT", path)]


@pytest.fixture
async def meeting(
    http: httpx.AsyncClient,
    accounts: dict[str, PagerDutyAccount],
    person_tokens: PersonTokens,
    pool: Pool,
    pagerduty_side: PagerDuty,
    incident: str,
) -> Meeting:
    app_tokens = AppTokens(http, accounts)
    activities = MeetingLinkActivities(PagerDutyClient(http), accounts, app_tokens, person_tokens, pool, pool)
    meeting = Meeting(activities, pagerduty_side, pool, incident)
    await meeting.is_made(ADA_USER)
    return meeting


# The bridge


async def test_an_empty_bridge_gets_address_and_number_from_whoever_asked(meeting: Meeting) -> None:
    assert await meeting.set_bridge() == OURS
    assert await meeting.bridge() == {"conference_url": URL, "conference_number": NUMBER}
    assert await meeting.writes() == [ADA_USER]
    assert (await meeting.row()).bridge == "ours"


async def test_without_a_number_to_dial_it_gets_none(meeting: Meeting) -> None:
    await meeting.set_bridge(number="")
    assert await meeting.bridge() == {"conference_url": URL}


async def test_written_once_it_is_not_written_again(meeting: Meeting) -> None:
    await meeting.set_bridge()
    assert await meeting.set_bridge() == OURS
    assert len(await meeting.writes()) == 1


@pytest.mark.parametrize("url", [ZOOM, "zoommtg://zoom.example/join?confno=1", "dial 4711"])
async def test_a_bridge_that_somebody_set_stays_whatever_it_is(meeting: Meeting, url: str) -> None:
    await meeting.has(url, "4711")
    before = len(await meeting.writes())
    assert await meeting.set_bridge() == THEIRS
    assert (await meeting.bridge())["conference_url"] == url
    assert len(await meeting.writes()) == before
    assert (await meeting.row()).bridge == "theirs"


async def test_a_number_that_somebody_set_without_an_address_stays(meeting: Meeting) -> None:
    await meeting.has(number="4711")
    assert await meeting.set_bridge() == OURS
    assert await meeting.bridge() == {"conference_url": URL, "conference_number": "4711"}


async def test_a_meeting_that_nobody_organises_any_more_is_replaced(meeting: Meeting) -> None:
    await meeting.has("https://teams.microsoft.com/l/meetup-join/0", "0")
    assert await meeting.set_bridge(replaces="https://teams.microsoft.com/l/meetup-join/0") == OURS
    assert await meeting.bridge() == {"conference_url": URL, "conference_number": NUMBER}


async def test_nobody_writes_between_the_reading_and_the_writing(meeting: Meeting) -> None:
    """The incident's lock is that of the clicks."""
    async with transaction(meeting.pool) as connection:
        await lock_incident(connection, "write", meeting.room.account, meeting.room.incident_id)
        asked = asyncio.create_task(meeting.set_bridge())

        async def is_decided() -> object:
            return asked.done() or await meeting.pool.fetchval(_WAITS)

        await eventually(is_decided)
        assert not asked.done(), "it waits before it reads"
        await meeting.has(ZOOM)
    assert await asked == THEIRS


async def test_a_lost_answer_is_looked_at_before_it_is_written_again(meeting: Meeting) -> None:
    await meeting.fault("PUT", do="lose_answer")
    kind, _ = await failed(meeting.activities.set_bridge, meeting.setting())
    assert kind == "ProviderUnavailable"
    assert await meeting.set_bridge() == OURS
    assert len(await meeting.writes()) == 1


@pytest.mark.parametrize(("status", "kind"), [(403, "Forbidden"), (402, "RequestInvalid")])
async def test_a_refusal_leaves_the_bridge_as_it_is(meeting: Meeting, status: int, kind: str) -> None:
    await meeting.fault("PUT", do="status", status=status)
    assert (await failed(meeting.activities.set_bridge, meeting.setting()))[0] == kind
    assert (await meeting.bridge(), (await meeting.row()).bridge) == ({}, "unread")


async def test_who_pressed_for_the_meeting_writes_before_who_pressed_for_the_chat(meeting: Meeting) -> None:
    await meeting.is_made(ADA_USER, BO_USER)
    await meeting.set_bridge(pressed_by=BO_USER)
    await meeting.note(pressed_by=BO_USER)
    assert (await meeting.writes())[-1] == BO_USER
    assert [by for by, _ in await meeting.notes()] == [BO_USER]


async def test_whom_pagerduty_refuses_is_followed_by_the_next_who_asked(meeting: Meeting) -> None:
    await meeting.is_made(ADA_USER, BO_USER)
    await meeting.fault("PUT", do="status", status=403)
    assert await meeting.set_bridge() == OURS
    assert (await meeting.writes())[-1] == BO_USER


# The note


@pytest.mark.parametrize(
    ("standing", "says"),
    [
        ("ours", ""),
        ("theirs", " (not the incident's conference bridge: that has another address)"),
        ("refused", " (not in the incident's conference bridge: PagerDuty refused it)"),
    ],
)
async def test_a_note_tells_address_number_and_what_the_bridge_has(
    meeting: Meeting, standing: str, says: str
) -> None:
    await meeting.note(standing)
    assert await meeting.notes() == [(ADA_USER, f"Microsoft Teams meeting: {URL}, {NUMBER}{says}")]
    assert (await meeting.row()).noted


async def test_without_a_number_the_note_has_the_address_alone(meeting: Meeting) -> None:
    await meeting.note(number="")
    assert await meeting.notes() == [(ADA_USER, f"Microsoft Teams meeting: {URL}")]


async def test_a_note_with_the_address_is_not_written_again(meeting: Meeting) -> None:
    await meeting.fault("POST", "/notes", do="lose_answer")
    request = NoteMeeting(**meeting.call, url=URL, number=NUMBER, standing="ours")
    assert (await failed(meeting.activities.note_meeting, request))[0] == "OutcomeUnknown"
    await meeting.note()
    assert len(await meeting.notes()) == 1
