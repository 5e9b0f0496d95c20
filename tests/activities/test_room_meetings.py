"""One meeting, by whoever can: who organises it, how it is made, and what becomes of its entry."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from muster.clients.graph.errors import KEY_USED, NO_MAILBOX
from muster.config_file import PagerDutyAccount
from muster.store import meetings, rooms
from muster.store.meetings import MeetingRow
from muster.store.pool import Pool
from sandbox.company import Person
from tests.sandbox.meetings import company_of_organizers, events_of, grant_policy
from tests.sandbox.office import Office, running_office
from tests.support.rooms import ROOM, Room, all_in_pagerduty, failed, office_settings, opened_room, ran
from tests.support.waiting import eventually
from workflows.incident_meeting.activities import (
    ChooseOrganiser,
    Chosen,
    CreateMeeting,
    EntryUpdated,
    FindOrganiser,
    MeetingMade,
    UpdateEntry,
)
from workflows.meeting import Hindrance, Way
from workflows.wanted import ASKER, ROLE

pytestmark = pytest.mark.anyio

SUBJECT = "Incident #42 Checkout is slow"
PAGERDUTY = "https://acme.pagerduty.com/incidents/Q1"
_CROWD = """
INSERT INTO room_member (account, incident_id, pagerduty_user, rank, name, aad_object_id, role, address)
SELECT $1, $2, 'PCROWD' || n, $3, 'Person ' || n, 'crowd-' || n, 'owner', 'person' || n || '@acme.example'
FROM (SELECT to_char(generate_series(0, 599), 'FM000') AS n) AS crowd
"""
CALENDAR, ALONE = "Calendars.ReadWrite", "OnlineMeetings.ReadWrite.All"


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    company = all_in_pagerduty(company_of_organizers())
    with running_office(tmp_path_factory.mktemp("office"), company=company) as office:
        yield office


@pytest.fixture
def office(processes: Office) -> Office:
    processes.reset()
    return processes


@pytest.fixture
async def room(office: Office, pool: Pool, database_url: str, tmp_path: Path) -> AsyncIterator[Room]:
    """Ada asked for the meeting, and Bo is to come. The configuration names Mia."""
    account = PagerDutyAccount(
        subdomain="acme", client_id="id", client_secret="secret", organiser=office.person("Mia").email
    )
    settings = office_settings(office, database_url, tmp_path)
    async with opened_room(office, pool, settings, {"acme": account}) as room:
        await room.invites(office.person("Bo"))
        await room.invites(office.person("Ada"), rank=ASKER, asked=True)
        yield room


# What a run asks


async def choose(room: Room, *people: Person, tried: tuple[str, ...] = (), **more: Any) -> Chosen:
    request = ChooseOrganiser(
        **room.call,
        candidates=tuple(str(one.pagerduty_user) for one in people),
        tried=tried,
        **{
            "number": 42,
            "title": "Checkout is slow",
            "incident_url": PAGERDUTY,
            "chat_url": "",
            **more,
        },
    )
    return await ran(room.worker.organisers.choose_organiser, request)


def creating(room: Room, attempt: int = 1, way: Way = "calendar") -> CreateMeeting:
    return CreateMeeting(**room.call, attempt=attempt, way=way)


async def create(room: Room, attempt: int = 1, way: Way = "calendar") -> MeetingMade:
    return await ran(room.worker.meetings.create_meeting, creating(room, attempt, way))


def updating(room: Room, *, is_over: bool = False) -> UpdateEntry:
    return UpdateEntry(**room.call, attempt=1, is_over=is_over)


async def update(room: Room, *, is_over: bool = False) -> EntryUpdated:
    return await ran(room.worker.meetings.update_entry, updating(room, is_over=is_over))


def finding(room: Room) -> FindOrganiser:
    return FindOrganiser(**room.call, attempt=1)


async def row(room: Room) -> MeetingRow:
    found = await meetings.read(room.pool, ROOM)
    assert found is not None
    return found


def entries(office: Office, person: Person) -> list[dict[str, Any]]:
    answer = office.patient("GET", events_of(person))
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["value"]
    return found


def bodies(room: Room, ending: str) -> list[bytes]:
    """Of every call of the worker's whose path ends so, as it was sent."""
    return [one.content for one in room.sent if one.method == "POST" and one.url.path.endswith(ending)]


# Whoever organises it


async def test_whoever_asked_organises_it_and_all_is_committed_before_it_is_sent(
    room: Room, office: Office
) -> None:
    ada = office.person("Ada")
    chosen = await choose(room, ada, office.person("Bo"))
    assert chosen == Chosen(key=str(ada.pagerduty_user), name="Ada Ops", attempt=1, way="calendar")
    begun = await row(room)
    assert (begun.stage, begun.organiser, begun.subject) == ("making", ada.aad_object_id, SUBJECT)
    assert [one.name for one in begun.attendees] == ["Bo Call"]
    assert PAGERDUTY in begun.html
    assert bodies(room, "/events") == []


@pytest.mark.parametrize(
    ("lack", "why"),
    [("guest", "guest"), ("disabled", "disabled"), ("unknown", "unknown"), ("elsewhere", "elsewhere")],
)
async def test_who_cannot_is_passed_over_for_the_next(
    room: Room, office: Office, lack: str, why: Any
) -> None:
    ada, bo = office.person("Ada"), office.person("Bo")
    first = office.guest if lack == "guest" else ada
    await room.invites(first)
    match lack:
        case "disabled":
            office.microsoft.sandbox("POST", f"people/{ada.email}", {"enabled": False})
        case "unknown":
            office.microsoft.sandbox("POST", f"people/{ada.email}", {"deleted": True})
        case "elsewhere":
            await room.pool.execute("UPDATE room_member SET aad_object_id = NULL WHERE name = 'Ada Ops'")
    chosen = await choose(room, first, bo)
    assert (chosen.name, chosen.tried) == ("Bo Call", (str(first.pagerduty_user),))
    assert chosen.passed_over == (Hindrance(who=first.name, why=why),)


async def test_whoever_the_configuration_names_comes_last(room: Room, office: Office) -> None:
    ada = office.person("Ada")
    chosen = await choose(room, ada, tried=(str(ada.pagerduty_user),))
    mia = office.person("Mia")
    assert (chosen.key, chosen.name) == ("configured", mia.email)
    assert (await row(room)).organiser == mia.aad_object_id


async def test_where_accounts_may_not_be_read_nobody_knows_of_a_disabled_one(
    room: Room, office: Office
) -> None:
    ada = office.person("Ada")
    office.microsoft.sandbox("POST", f"people/{ada.email}", {"enabled": False})
    office.revoke("User.Read.All")
    room.begins_anew()
    assert (await choose(room, ada)).name == "Ada Ops"


async def test_a_guest_is_passed_over_also_where_accounts_may_not_be_read(room: Room, office: Office) -> None:
    """The search for people told it."""
    await room.invites(office.guest)
    office.revoke("User.Read.All")
    room.begins_anew()
    chosen = await choose(room, office.guest, tried=("configured",))
    assert (chosen.key, chosen.passed_over) == ("", (Hindrance(who=office.guest.name, why="guest"),))


async def test_where_nobody_is_left_each_has_a_reason(room: Room, office: Office) -> None:
    await room.invites(office.guest)
    chosen = await choose(room, office.guest, tried=("configured",))
    assert (chosen.key, chosen.tried) == ("", (str(office.guest.pagerduty_user),))
    assert chosen.passed_over == (Hindrance(who=office.guest.name, why="guest"),)


async def test_who_was_never_looked_for_has_a_reason_too(room: Room, office: Office) -> None:
    cy = office.person("Cy")
    chosen = await choose(room, cy, tried=("configured",))
    assert chosen.passed_over == (Hindrance(who=str(cy.pagerduty_user), why="not_looked_for"),)


async def test_what_was_begun_is_gone_on_with_in_the_same_name(room: Room, office: Office) -> None:
    """Whatever is known of them since."""
    ada = office.person("Ada")
    first = await choose(room, ada)
    office.microsoft.sandbox("POST", f"people/{ada.email}", {"enabled": False})
    assert await choose(room, ada, office.person("Bo")) == first
    await create(room)
    both = await asyncio.gather(*(choose(room, office.person("Bo")) for _ in range(2)))
    assert {one.attempt for one in both} == {1}


# In a calendar


async def test_an_entry_with_a_meeting_is_made_as_it_was_committed(room: Room, office: Office) -> None:
    ada, bo = office.person("Ada"), office.person("Bo")
    await choose(room, ada)
    made = await create(room)
    (entry,) = entries(office, ada)
    assert made == MeetingMade(
        url=entry["onlineMeeting"]["joinUrl"],
        number=f"+1 206 555 0100,,{entry['onlineMeeting']['conferenceId']}#",
        has_entry=True,
        invited=("Bo Call",),
        invited_count=1,
    )
    assert [one["emailAddress"]["address"] for one in entry["attendees"]] == [bo.email]
    assert (entry["subject"], entry["showAs"]) == (SUBJECT, "free")
    asks = ("isReminderOn", "responseRequested", "allowNewTimeProposals")
    assert {name: entry[name] for name in asks} == dict.fromkeys(asks, False)
    assert (await row(room)).stage == "made"


async def test_made_once_more_it_is_the_same(room: Room, office: Office) -> None:
    await choose(room, office.person("Ada"))
    first = await create(room)
    assert await create(room) == first
    assert len(bodies(room, "/events")) == 1


async def test_a_lost_answer_is_asked_for_again_byte_for_byte(room: Room, office: Office) -> None:
    ada = office.person("Ada")
    await choose(room, ada)
    office.fault("event", "lose_answer", match={"method": "POST"})
    assert (await failed(room.worker.meetings.create_meeting, creating(room)))[0] == "ProviderUnavailable"
    room.begins_anew()
    await room.invites(office.person("Cy"))  # who is wanted by now changes nothing of it
    made = await create(room)
    first, second = bodies(room, "/events")
    assert first == second
    assert (len(entries(office, ada)), made.invited) == (1, ("Bo Call",))


async def test_a_key_that_has_made_another_body_is_looked_for(room: Room, office: Office) -> None:
    """As after an update of Muster that writes something else."""
    ada = office.person("Ada")
    await choose(room, ada)
    office.fault("event", "lose_answer", match={"method": "POST"})
    await failed(room.worker.meetings.create_meeting, creating(room))
    await room.pool.execute("UPDATE room_meeting SET html = '<p>Another</p>'")
    made = await create(room)
    (entry,) = entries(office, ada)
    assert made.url == entry["onlineMeeting"]["joinUrl"]


async def test_a_key_whose_entry_was_deleted_makes_no_meeting_in_the_calendar(
    room: Room, office: Office
) -> None:
    """As by a worker that ended before it could say so."""
    await choose(room, office.person("Ada"))
    used = {"error": {"code": KEY_USED, "message": "Your request can't be completed."}}
    office.fault("event", "status", status=400, body=used, match={"method": "POST"})
    made = await create(room)
    assert made.hindrance == Hindrance(who="Ada Ops", why="no_meeting")


async def test_an_address_that_comes_late_is_waited_for(room: Room, office: Office) -> None:
    await choose(room, office.person("Ada"))
    office.fault("event", "join_later", seconds=0.3)
    made = await create(room)
    assert made.hindrance is None
    assert made.url


@pytest.mark.parametrize("lack", ["provider", "fault", "licence", "never"])
async def test_an_entry_without_a_meeting_is_deleted_again(room: Room, office: Office, lack: str) -> None:
    person = office.person({"provider": "Pia", "licence": "Lee"}.get(lack, "Ada"))
    await room.invites(person)
    if lack == "fault":
        office.fault("event", "no_provider")
    if lack == "never":
        office.fault("event", "join_later", seconds=3600)
    await choose(room, person)
    made = await create(room)
    assert made.hindrance == Hindrance(who=person.name, why="no_meeting")
    assert entries(office, person) == []
    begun = await row(room)
    assert (begun.stage, begun.way) == ("making", "meeting")


async def test_without_a_calendar_the_second_way_is_tried_at_once(room: Room, office: Office) -> None:
    max_ = office.person("Max")
    await room.invites(max_)
    grant_policy(office)
    await choose(room, max_)
    assert (await create(room)).hindrance == Hindrance(who="Max Lacks", why="no_mailbox")
    made = await create(room, way="meeting")
    assert (made.hindrance, made.has_entry, made.invited_count) == (None, False, 0)
    assert made.url.startswith("https://teams.microsoft.com/l/meetup-join/")


async def test_for_an_organiser_whom_nobody_knows_there_is_no_second_way(room: Room, office: Office) -> None:
    ada = office.person("Ada")
    await choose(room, ada)
    office.microsoft.sandbox("POST", f"people/{ada.email}", {"deleted": True})
    assert (await create(room)).hindrance == Hindrance(who="Ada Ops", why="unknown")
    assert (await row(room)).stage == "none"


# A meeting alone


async def without_calendars(room: Room, office: Office, *people: Person) -> None:
    """The permission of the first way is not granted."""
    office.revoke(CALENDAR)
    room.begins_anew()
    await choose(room, *people)
    made = await create(room)
    assert made.hindrance == Hindrance(who=people[0].name, why="not_granted", permission=CALENDAR)


async def test_a_meeting_alone_is_made_once_whatever_is_lost(room: Room, office: Office) -> None:
    grant_policy(office)
    await without_calendars(room, office, office.person("Ada"))
    office.fault("meeting", "lose_answer")
    request = creating(room, way="meeting")
    assert (await failed(room.worker.meetings.create_meeting, request))[0] == "ProviderUnavailable"
    made = await create(room, way="meeting")
    first, second = bodies(room, "/onlineMeetings/createOrGet")
    assert first == second
    assert made == await create(room, way="meeting")


async def test_a_policy_counts_half_an_hour_after_it_was_granted(room: Room, office: Office) -> None:
    ada = office.person("Ada")
    await without_calendars(room, office, ada)
    grant_policy(office, after=1700)
    assert (await create(room, way="meeting")).hindrance == Hindrance(who="Ada Ops", why="no_policy")
    assert (await row(room)).stage == "none"
    office.teams.post("/_sandbox/clock", {"advance": 101})
    assert (await choose(room, ada)).attempt == 2
    await create(room, attempt=2)
    assert (await create(room, attempt=2, way="meeting")).hindrance is None


async def test_an_organiser_in_whose_calendar_there_are_no_meetings_begins_with_the_second_way(
    room: Room, office: Office
) -> None:
    """Another round, while a policy is waited for, mails nobody."""
    pia = office.person("Pia")
    await room.invites(pia)
    await choose(room, pia)
    no_meeting = (await create(room)).hindrance
    assert (await create(room, way="meeting")).hindrance == Hindrance(who=pia.name, why="no_policy")
    again = await choose(room, pia, without_calendar=(str(pia.pagerduty_user),))
    assert (again.attempt, again.way, again.passed_over) == (2, "meeting", (no_meeting,))
    assert (await row(room)).way == "meeting"
    assert (await choose(room, pia)).way == "meeting", "it is begun"
    grant_policy(office)
    assert (await create(room, attempt=2, way="meeting")).hindrance is None
    assert len(bodies(room, "/events")) == 1
    # Somebody presses, once it is gone.
    await meetings.note_gone(room.pool, ROOM, attempt=2)
    assert (await choose(room, pia)).way == "calendar"


@pytest.mark.parametrize(
    ("who", "why", "permission"), [("Lee", "no_licence", ""), ("Ada", "not_granted", ALONE)]
)
async def test_what_the_second_way_lacks_is_told(
    room: Room, office: Office, who: str, why: Any, permission: str
) -> None:
    person = office.person(who)
    await room.invites(person)
    grant_policy(office)
    if permission:
        office.revoke(permission)
    await without_calendars(room, office, person)
    made = await create(room, way="meeting")
    assert made.hindrance == Hindrance(who=person.name, why=why, permission=permission)


async def test_a_refusal_whose_answer_was_lost_is_told_once_more(room: Room, office: Office) -> None:
    await without_calendars(room, office, office.person("Ada"))
    first = await create(room, way="meeting")
    assert await create(room, way="meeting") == first
    assert await create(room) == MeetingMade(
        hindrance=Hindrance(who="Ada Ops", why="not_granted", permission=CALENDAR)
    )
    assert len(bodies(room, "/onlineMeetings/createOrGet")) == 1


@pytest.mark.parametrize(
    ("way", "permission", "on"), [("calendar", CALENDAR, "event"), ("meeting", ALONE, "meeting")]
)
async def test_a_permission_that_is_taken_back_says_nothing_of_what_was_asked_for_before(
    room: Room, office: Office, way: Way, permission: str, on: str
) -> None:
    """Neither the other way nor another person is tried: there would be two meetings."""
    grant_policy(office)
    if way == "meeting":
        await without_calendars(room, office, office.person("Ada"))
    else:
        await choose(room, office.person("Ada"))
    office.fault(on, "lose_answer", match={"method": "POST"})
    request = creating(room, way=way)
    assert (await failed(room.worker.meetings.create_meeting, request))[0] == "ProviderUnavailable"
    office.revoke(permission)
    room.begins_anew()
    for _ in range(2):
        assert await failed(room.worker.meetings.create_meeting, request) == ("ConsentMissing", permission)
    assert (await row(room)).stage == "making"
    office.microsoft.sandbox("POST", "consent/grant")
    made = await create(room, way=way)
    assert made.hindrance is None
    assert made.has_entry == (len(entries(office, office.person("Ada"))) == 1) == (way == "calendar")


@pytest.mark.parametrize("is_shown", [True, False])
async def test_what_is_refused_after_a_lost_answer_may_be_there(
    room: Room, office: Office, is_shown: bool
) -> None:
    """The entry is looked for; where that is refused too, nothing else is tried."""
    ada = office.person("Ada")
    await choose(room, ada)
    office.fault("event", "lose_answer", match={"method": "POST"})
    assert (await failed(room.worker.meetings.create_meeting, creating(room)))[0] == "ProviderUnavailable"
    refused = {} if not is_shown else {"match": {"method": "POST"}}
    office.fault("event", "status", status=403, times=2, **refused)
    if is_shown:
        assert (await create(room)).hindrance is None
    else:
        assert (await failed(room.worker.meetings.create_meeting, creating(room)))[0] == "Forbidden"
        assert ((await row(room)).stage, (await row(room)).hindered) == ("making", {})
    office.microsoft.sandbox("DELETE", "faults")
    assert len(entries(office, ada)) == 1


async def test_a_permission_that_is_taken_back_after_the_entry_was_made_makes_no_second_meeting(
    room: Room, office: Office
) -> None:
    """The entry was made by a token of before; it is read by a new one."""
    ada = office.person("Ada")
    await choose(room, ada)
    office.revoke(CALENDAR)
    office.fault("event", "join_later", seconds=3600)
    office.fault("event", "status", status=401, match={"method": "GET"})
    refused = await failed(room.worker.meetings.create_meeting, creating(room))
    assert refused == ("ConsentMissing", CALENDAR)
    begun = await row(room)
    assert (begun.stage, begun.way, begun.hindered) == ("making", "calendar", {})
    office.microsoft.sandbox("POST", "consent/grant")
    assert len(entries(office, ada)) == 1


@pytest.mark.parametrize("attempt", [0, 2])
async def test_another_attempt_than_the_one_that_was_begun_makes_nothing(
    room: Room, office: Office, attempt: int
) -> None:
    await choose(room, office.person("Ada"))
    failure, _ = await failed(room.worker.meetings.create_meeting, creating(room, attempt))
    assert (failure, bodies(room, "/events")) == ("RequestInvalid", [])


# The entry afterwards


async def test_people_who_come_later_are_added_to_the_whole_list(room: Room, office: Office) -> None:
    ada = office.person("Ada")
    await choose(room, ada)
    await create(room)
    await room.invites(office.person("Di"))
    assert await update(room) == EntryUpdated(invited=("Bo Call", "Di Pager"), invited_count=2)
    (entry,) = entries(office, ada)
    assert [one["emailAddress"]["name"] for one in entry["attendees"]] == ["Bo Call", "Di Pager"]
    calls = len(office.teams.records()["graph_calls"])
    await update(room)
    assert len(office.teams.records()["graph_calls"]) == calls, "there is nothing to change"


async def test_of_600_people_an_entry_names_500_and_the_others_are_counted(
    room: Room, office: Office
) -> None:
    """Beside Bo, who was wanted first and stays; Di, who comes later, is the 602nd."""
    ada = office.person("Ada")
    await room.pool.execute(_CROWD, *ROOM.model_dump().values(), ROLE)
    await choose(room, ada)
    made = await create(room)
    assert (made.invited_count, made.left_out) == (500, 101)
    (entry,) = entries(office, ada)
    named = [one["emailAddress"]["name"] for one in entry["attendees"]]
    assert named == ["Bo Call", *(f"Person {number:03}" for number in range(499))]
    await room.invites(office.person("Di"))
    updated = await update(room)
    assert (updated.invited_count, updated.left_out) == (500, 102)
    assert (await row(room)).left_out == 102
    assert (await row(room)).attendees[0].name == "Bo Call"


async def test_an_incident_that_is_over_has_its_mark_until_it_is_reopened(room: Room, office: Office) -> None:
    ada = office.person("Ada")
    await choose(room, ada)
    await create(room)
    await update(room, is_over=True)
    assert [one["subject"] for one in entries(office, ada)] == [f"✓ {SUBJECT}"]
    await update(room)
    assert [one["subject"] for one in entries(office, ada)] == [SUBJECT]


async def test_people_and_mark_are_written_by_one_call(room: Room, office: Office) -> None:
    """Exchange tells people of each change."""
    ada = office.person("Ada")
    await choose(room, ada)
    await create(room)
    await room.invites(office.person("Di"))
    calls = len(office.teams.records()["graph_calls"])
    await update(room, is_over=True)
    assert [call["method"] for call in office.teams.records()["graph_calls"][calls:]] == ["PATCH"]
    (entry,) = entries(office, ada)
    assert (entry["subject"], len(entry["attendees"])) == (f"✓ {SUBJECT}", 2)


async def test_an_entry_that_somebody_deleted_is_left_alone(room: Room, office: Office) -> None:
    ada = office.person("Ada")
    await choose(room, ada)
    await create(room)
    (entry,) = entries(office, ada)
    assert office.call("DELETE", f"{events_of(ada)}/{entry['id']}").status_code == 204
    assert not (await update(room, is_over=True)).exists
    assert not (await update(room, is_over=True)).exists
    assert (await rooms.restore(room.pool, ROOM)).meeting.stage == "made"


async def test_a_meeting_outlives_its_organisers_calendar(room: Room, office: Office) -> None:
    await choose(room, office.person("Ada"))
    await create(room)
    no_calendar = {"error": {"code": NO_MAILBOX, "message": "The mailbox is inactive."}}
    office.fault("event", "status", status=404, body=no_calendar, match={"method": "PATCH"})
    assert not (await update(room, is_over=True)).exists
    assert (await rooms.restore(room.pool, ROOM)).meeting.stage == "made"


async def test_an_organiser_whose_account_was_deleted_is_noted(room: Room, office: Office) -> None:
    ada = office.person("Ada")
    await choose(room, ada)
    made = await create(room)
    office.microsoft.sandbox("POST", f"people/{ada.email}", {"deleted": True})
    assert (await failed(room.worker.meetings.update_entry, updating(room, is_over=True)))[0] == "NotFound"
    stored = (await rooms.restore(room.pool, ROOM)).meeting
    assert (stored.stage, stored.url) == ("gone", made.url)
    assert (await choose(room, office.person("Bo"))).attempt == 2
    assert (await row(room)).replaces == made.url


@pytest.mark.parametrize("is_read", [True, False], ids=["accounts are read", "they may not be read"])
async def test_without_an_entry_whoever_organised_it_is_looked_for(
    room: Room, office: Office, is_read: bool
) -> None:
    """Where accounts may not be read, nobody knows of it."""
    ada = office.person("Ada")
    grant_policy(office)
    await without_calendars(room, office, ada)
    made = await create(room, way="meeting")
    await ran(room.worker.organisers.find_organiser, finding(room))
    office.microsoft.sandbox("POST", f"people/{ada.email}", {"deleted": True})
    if is_read:
        assert (await failed(room.worker.organisers.find_organiser, finding(room)))[0] == "NotFound"
    else:
        office.revoke("User.Read.All")
        room.begins_anew()
        await ran(room.worker.organisers.find_organiser, finding(room))
    stored = (await rooms.restore(room.pool, ROOM)).meeting
    assert (stored.stage, stored.url) == ("gone" if is_read else "made", made.url)


async def test_a_worker_that_is_cut_off_leaves_what_microsoft_answered_in_the_row(
    room: Room, office: Office
) -> None:
    await choose(room, office.person("Ada"))
    office.fault("event", "slow", seconds=1, match={"method": "POST"})
    asked = asyncio.create_task(create(room))
    await eventually(lambda: _is_asked(office))
    asked.cancel()

    async def is_made() -> bool:
        return (await row(room)).stage == "made"

    await eventually(is_made)


async def _is_asked(office: Office) -> bool:
    return office.asked("POST", "/events") > 0
