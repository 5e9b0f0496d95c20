"""``graph.identify_people``, ``add_people`` and ``remove_people``: the right people, each once."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from muster.store import room_members
from muster.store.pool import Pool
from muster.store.room_members import Known
from sandbox.company import Person
from tests.sandbox.office import Office
from tests.support.pagerduty_account import SimulatedAccount as PagerDuty
from tests.support.pagerduty_account import running_account
from tests.support.rooms import (
    ROOM,
    Room,
    failed,
    office_settings,
    opened_room,
    ran,
    staffed_office,
    wanted_person,
)
from workflows.incident_room.activities import OVER, IdentifyPeople, Installed
from workflows.room import Absent
from workflows.wanted import ASKER, ASSIGNEE, JOINED, ROLE, WantedPerson

pytestmark = pytest.mark.anyio

CROWD = 300
TWO_HOURS = "2 hours"


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with staffed_office(tmp_path_factory.mktemp("office"), crowd=CROWD) as office:
        yield office


@pytest.fixture(scope="module")
async def started(processes: Office) -> AsyncIterator[PagerDuty]:
    """The same people, as PagerDuty has them."""
    async with running_account(company=processes.microsoft.company, per_minute=100_000) as account:
        yield account


@pytest.fixture
def office(processes: Office) -> Office:
    processes.reset()
    return processes


@pytest.fixture
async def pagerduty(started: PagerDuty) -> PagerDuty:
    await started.reset()
    return started


@pytest.fixture
async def room(
    office: Office, pagerduty: PagerDuty, pool: Pool, database_url: str, tmp_path: Path
) -> AsyncIterator[Room]:
    """Ada, Bo and Di are linked, Cy and Eve are not."""
    settings = office_settings(office, database_url, tmp_path)
    account = pagerduty.configured
    async with opened_room(office, pool, settings, {account.key: account}) as room:
        yield room


def crowd(office: Office, count: int) -> list[Person]:
    return [one for one in office.microsoft.company.people if one.name.startswith("Crowd")][:count]


def people_read(office: Office) -> list[str]:
    """Whom Graph was asked for, by e-mail or by filter."""
    reads = office.microsoft.sandbox("GET", "records").json()["reads"]
    return [one["path"].removeprefix("/users").strip("/") or "by filter" for one in reads]


async def of(room: Room, person: Person) -> Known:
    row = await room.pool.fetchrow(
        "SELECT aad_object_id, role FROM room_member WHERE pagerduty_user = $1", person.pagerduty_user
    )
    assert row is not None
    return Known(*row)


async def passes(room: Room, time: str) -> None:
    """So long ago everything was looked for and read."""
    await room.pool.execute("UPDATE room_member SET looked_at = looked_at - $1::text::interval", time)
    await room.pool.execute("UPDATE directory_cache SET read_at = read_at - $1::text::interval", time)


# Found


@pytest.mark.pooler_too
async def test_who_linked_their_accounts_is_known_by_that(
    room: Room, office: Office, pagerduty: PagerDuty
) -> None:
    ada = office.person("Ada")
    found = await room.identify(ada)
    assert (found.found, found.absent, found.absent_count) == (1, (), 0)
    assert await of(room, ada) == Known(ada.aad_object_id, "owner")
    assert people_read(office) == [ada.aad_object_id], "for their role alone"
    assert (await pagerduty.records())["reads"] == []


async def test_a_link_in_another_tenant_is_none_here(room: Room, office: Office) -> None:
    ada = office.person("Ada")
    await room.pool.execute("INSERT INTO teams_tenant (id, name) VALUES ('elsewhere', 'Elsewhere')")
    await room.pool.execute(
        "INSERT INTO person (tenant, aad_object_id, teams_id, name, email)"
        " SELECT 'elsewhere', aad_object_id, teams_id, name, email FROM person WHERE aad_object_id = $1",
        ada.aad_object_id,
    )
    await room.pool.execute("UPDATE user_link SET tenant = 'elsewhere'")
    await room.identify(ada)
    assert await of(room, ada) == Known(ada.aad_object_id, "owner")
    assert people_read(office) == [ada.email]


async def test_others_are_known_by_their_address_as_a_name_first_and_by_filter_then(
    room: Room, office: Office
) -> None:
    cy, guest = office.person("Cy"), office.guest
    assert (await room.identify(cy, guest)).found == 2
    assert await of(room, cy) == Known(cy.aad_object_id, "owner")
    assert await of(room, guest) == Known(guest.aad_object_id, "guest")
    assert sorted(people_read(office)) == sorted([cy.email, guest.email, "by filter"])


async def test_a_guest_who_linked_is_a_guest(room: Room, office: Office) -> None:
    await room.opens()
    await room_members.want(room.pool, ROOM, [wanted_person(office.guest)])
    await room.pool.execute("UPDATE room_member SET aad_object_id = $1", office.guest.aad_object_id)
    await room.identify()
    assert await of(room, office.guest) == Known(office.guest.aad_object_id, "guest")


async def test_where_people_are_not_filtered_whoever_has_another_name_is_not_found(
    room: Room, office: Office
) -> None:
    office.revoke("User.Read.All")
    found = await room.identify(office.guest, office.person("Cy"))
    assert found.found == 1
    assert found.absent == (Absent(name="Greta Guest", why="no_account"),)


async def test_without_permission_to_read_people_the_linked_come_and_the_others_are_named(
    room: Room, office: Office
) -> None:
    office.revoke("User.Read.All", "User.ReadBasic.All")
    found = await room.identify(office.person("Ada"), office.person("Cy"))
    assert (found.found, found.absent) == (1, (Absent(name="Cy Net", why="not_granted"),))
    assert await room.invited() == [office.person("Ada").aad_object_id]


@pytest.mark.parametrize("also", [(), ("User.ReadBasic.All",)])
async def test_a_permission_is_missing_until_everybody_was_looked_for_with_it(
    room: Room, office: Office, also: tuple[str, ...]
) -> None:
    """Also while nobody else is looked for, and after somebody was found without it."""
    guest, lacks = office.guest, (also or ("User.Read.All",))
    office.revoke("User.Read.All", *also)
    assert (await room.identify(guest)).lacks == lacks
    assert (await room.identify(office.person("Ada"), guest)).lacks == lacks
    office.microsoft.sandbox("POST", "consent/grant")
    assert (await room.identify(guest)).lacks == lacks, "within the minute nobody is looked for again"
    await passes(room, "1 minute")
    found = await room.identify(guest)
    assert (found.found, found.absent, found.lacks) == (2, (), ())


async def test_who_links_meanwhile_lacks_no_permission(room: Room, office: Office) -> None:
    office.revoke("User.Read.All")
    assert (await room.identify(office.guest)).lacks == ("User.Read.All",)
    await room.pool.execute("UPDATE room_member SET aad_object_id = $1", office.guest.aad_object_id)
    assert (await room.identify(office.guest)).lacks == ()


async def test_an_app_that_may_not_read_pagerdutys_users_finds_the_linked_alone(
    room: Room, office: Office, pagerduty: PagerDuty
) -> None:
    await pagerduty.fault("rest", "status", status=403)
    found = await room.identify(office.person("Ada"), office.person("Cy"))
    assert (found.found, found.absent) == (1, (Absent(name="Cy Net", why="not_granted"),))


async def test_nobody_is_held_up_by_who_cannot_be_found(
    room: Room, office: Office, pagerduty: PagerDuty
) -> None:
    """Somebody who left the company, one whom PagerDuty does not know, and one whose address is odd."""
    eve, cy, bo = (office.person(name) for name in ("Eve", "Cy", "Bo"))
    office.microsoft.sandbox("POST", f"people/{eve.email}", {"deleted": True})
    office.microsoft.sandbox(
        "POST",
        "faults",
        {"on": "user", "do": "status", "status": 400, "match": {"path": f"/users/{cy.email}"}},
    )
    await room.opens()
    wanted = (
        *(wanted_person(one) for one in (eve, cy, bo)),
        WantedPerson(user="PNOBODY", rank=ASSIGNEE, name="No Body"),
    )
    found = await ran(room.worker.people.identify_people, IdentifyPeople(**room.call, wanted=wanted))
    assert (found.found, found.absent_count) == (1, 3)
    assert await room.absent() == {"Cy": "no_account", "Eve": "no_account", "No": "no_user"}


async def test_what_fails_for_a_moment_keeps_what_is_known_and_goes_on(room: Room, office: Office) -> None:
    cy, eve = office.person("Cy"), office.person("Eve")
    await room.identify(cy)
    office.microsoft.sandbox("POST", "faults", {"on": "user", "do": "status", "status": 503})
    kind, _ = await failed(room.worker.people.identify_people, room.identifying(cy, eve))
    assert kind == "ProviderUnavailable"
    assert (await room.identify(cy, eve)).found == 2
    assert people_read(office).count(cy.email) == 1


async def test_who_was_found_is_known_for_a_day_whatever_the_incident(room: Room, office: Office) -> None:
    cy = office.person("Cy")
    await room.identify(cy)
    for time, reads in ((TWO_HOURS, 1), ("1 day", 2)):
        await room.pool.execute("DELETE FROM incident_room")
        await passes(room, time)
        assert (await room.identify(cy)).found == 1
        assert people_read(office).count(cy.email) == reads


async def test_who_was_not_found_is_looked_for_again_after_an_hour(room: Room, office: Office) -> None:
    eve = office.person("Eve")
    office.microsoft.sandbox("POST", f"people/{eve.email}", {"deleted": True})
    for time, found in (("50 minutes", 0), ("11 minutes", 1)):
        assert (await room.identify(eve)).found == 0
        office.microsoft.sandbox("POST", f"people/{eve.email}", {"deleted": False})
        await passes(room, time)
        assert (await room.identify(eve)).found == found


async def test_who_links_meanwhile_is_known_at_once(room: Room, office: Office) -> None:
    bo = office.person("Bo")
    office.microsoft.sandbox("POST", f"people/{bo.email}", {"deleted": True})
    await room.opens()
    await room_members.want(room.pool, ROOM, [wanted_person(bo)])
    await room_members.note_found(
        room.pool, ROOM, str(bo.pagerduty_user), known=Known(None, None), absence="no_account"
    )
    office.microsoft.sandbox("POST", f"people/{bo.email}", {"deleted": False})
    assert (await room.identify(bo)).found == 1
    assert await room.absent() == {}


async def test_whose_account_is_gone_since_they_linked_is_not_invited(room: Room, office: Office) -> None:
    bo = office.person("Bo")
    office.microsoft.sandbox("POST", f"people/{bo.email}", {"deleted": True})
    found = await room.identify(bo, office.person("Ada"))
    assert (found.found, found.absent) == (1, (Absent(name="Bo Call", why="no_account"),))


async def test_one_person_of_two_pagerduty_users_is_invited_once(room: Room, office: Office) -> None:
    cy = office.person("Cy")
    again = cy.model_copy(update={"pagerduty_user": "PAGAIN1"})
    await room.invites(cy, rank=JOINED)
    await room.invites(again, rank=ASSIGNEE)
    await room.invites(office.person("Ada"), rank=ROLE)
    assert await room.invited() == [cy.aad_object_id, office.person("Ada").aad_object_id]
    chat = (await room.create()).id
    assert room.names(chat) == ["Cy", "Ada"]
    assert (await room.add(chat)).present == 2


# Brought in


async def test_eight_are_brought_in_and_see_what_was_written_before(room: Room, office: Office) -> None:
    everybody = [office.person(name) for name in ("Ada", "Bo", "Cy", "Di", "Eve", "Mia")]
    await room.identify(*everybody, office.guest, *crowd(office, 1))
    office.fault("chat", "drop_member", body=[one.aad_object_id for one in everybody[2:]])
    chat = (await room.create()).id
    brought = await room.add(chat)
    assert (brought.present, brought.more, brought.absent_count) == (8, False, 0)
    shown = {one["visibleHistoryStartDateTime"] for one in office.members(chat)}
    assert shown == {"0001-01-01T00:00:00Z"}
    posts = office.asked("POST", "/members")
    assert (await room.add(chat)).present == 8
    assert office.asked("POST", "/members") == posts == 4, "who is there is not added"


async def test_whom_somebody_added_is_not_added_again_and_strangers_stay(room: Room, office: Office) -> None:
    await room.invites(office.person("Ada"), office.person("Bo"))
    chat = (await room.create()).id
    await room.invites(office.person("Cy"))
    added = {"chat": chat, "event": "membersAdded", "people": ["cy@acme.example", "mia@acme.example"]}
    assert office.teams.post("/_sandbox/chat", added).status_code == 200
    assert (await room.add(chat)).present == 3
    assert office.asked("POST", "/members") == 0
    assert room.names(chat) == ["Ada", "Bo", "Cy", "Mia"]


async def test_one_call_adds_so_many_and_says_that_there_are_more(
    room: Room, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.graph.people._SEARCHED_FOR", 3)
    monkeypatch.setattr("activities.graph.people._ADDED", 4)
    everybody = crowd(office, 8)
    assert (await room.identify(*everybody)).found == 8
    office.fault("chat", "drop_member", body=[one.aad_object_id for one in everybody[2:]])
    chat = (await room.create()).id
    first = await room.add(chat)
    assert (first.present, first.more, first.absent) == (6, True, ())
    last = await room.add(chat)
    assert (last.present, last.more, last.absent) == (8, False, ())


@pytest.mark.parametrize(("count", "full"), [(250, 0), (300, 50)])
async def test_at_most_250_are_in_the_chat_assignees_first(
    room: Room, office: Office, count: int, full: int
) -> None:
    everybody = crowd(office, count)
    late, early = everybody[:-2], everybody[-2:]
    if full:
        await room.identify(*late, rank=JOINED)
    await room.invites(*late, rank=JOINED)
    await room.identify(*early, rank=ASSIGNEE)
    chat = (await room.create()).id
    assert room.names(chat)[:2] == ["Crowd", "Crowd"]
    there = {one["userId"] for one in office.members(chat)}
    assert {one.aad_object_id for one in early} <= there
    somebody = [one.email for one in late if one.aad_object_id not in there][: 240 - len(there)]
    office.teams.post("/_sandbox/chat", {"chat": chat, "event": "membersAdded", "people": somebody})
    brought = await room.add(chat)
    assert (brought.present, brought.more, brought.absent_count) == (250, False, full)
    assert len(brought.absent) == min(full, 20)
    assert {one.why for one in brought.absent} <= {"full"}


async def test_where_somebody_leaves_a_full_chat_the_next_one_comes(room: Room, office: Office) -> None:
    everybody = crowd(office, 251)
    await room.invites(*everybody)
    chat = (await room.create()).id
    there = {one["userId"] for one in office.members(chat)}
    somebody = [one for one in everybody if one.aad_object_id not in there]
    emails = [one.email for one in somebody[:230]]
    office.teams.post("/_sandbox/chat", {"chat": chat, "event": "membersAdded", "people": emails})
    assert (await room.add(chat)).absent == (Absent(name=somebody[230].name, why="full"),)
    stranger = {"chat": chat, "event": "membersRemoved", "people": [somebody[0].email]}
    office.teams.post("/_sandbox/chat", stranger)
    await room.pool.execute("DELETE FROM room_member WHERE pagerduty_user = $1", somebody[0].pagerduty_user)
    brought = await room.add(chat)
    assert (brought.present, brought.absent) == (250, ())


async def test_a_chat_that_takes_nobody_more_is_said_and_not_asked_again(room: Room, office: Office) -> None:
    await room.invites(office.person("Ada"), office.person("Bo"))
    chat = (await room.create()).id
    await room.invites(office.person("Cy"), office.person("Di"))
    office.fault("member", "block_members", match={"method": "POST"}, times=2)
    brought = await room.add(chat)
    assert (brought.present, brought.more) == (2, False)
    assert brought.absent == (Absent(name="Cy Net", why="blocked"), Absent(name="Di Pager", why="blocked"))
    assert await room.add(chat) == brought
    assert office.asked("POST", "/members") == 2


async def test_who_is_refused_is_said_and_holds_up_nobody(room: Room, office: Office) -> None:
    await room.invites(office.person("Ada"), office.person("Bo"))
    chat = (await room.create()).id
    office.microsoft.sandbox("POST", f"people/{office.person('Cy').email}", {"deleted": True})
    await room.invites(office.person("Cy"), office.person("Di"))
    brought = await room.add(chat)
    assert brought.absent == (Absent(name="Cy Net", why="refused"),)
    assert room.names(chat) == ["Ada", "Bo", "Di"]
    assert (await room.add(chat)).present == 3
    assert office.asked("POST", "/members") == 2


@pytest.mark.parametrize("do", ["lose_answer", "status_after"])
async def test_after_a_lost_answer_whoever_came_is_there_once(room: Room, office: Office, do: str) -> None:
    await room.invites(office.person("Ada"), office.person("Bo"))
    chat = (await room.create()).id
    await room.invites(office.person("Cy"))
    office.fault("member", do, match={"method": "POST"}, **({} if do == "lose_answer" else {"status": 503}))
    kind, _ = await failed(room.worker.people.add_people, room.adding(chat))
    assert kind == "ProviderUnavailable"
    assert (await room.add(chat)).present == 3
    assert room.names(chat) == ["Ada", "Bo", "Cy"]
    assert office.asked("POST", "/members") == 1


async def test_without_the_permission_a_chat_keeps_its_first_people(room: Room, office: Office) -> None:
    await room.invites(office.person("Ada"), office.person("Bo"))
    chat = (await room.create()).id
    office.revoke("ChatMember.ReadWrite.All")
    room.begins_anew()
    refused = await failed(room.worker.people.add_people, room.adding(chat))
    assert refused == ("ConsentMissing", "ChatMember.ReadWrite.All")
    assert (await room.row()).stage == "made"


@pytest.mark.parametrize("what", ["add", "remove", "rename"])
async def test_a_chat_that_somebody_deleted_is_gone(room: Room, office: Office, what: str) -> None:
    await room.invites(office.person("Ada"), office.person("Bo"))
    chat = (await room.create()).id
    office.call("DELETE", f"/chats/{chat}")
    calls = {
        "add": lambda: room.add(chat),
        "remove": lambda: room.remove(chat, everybody=True),
        "rename": lambda: room.rename(chat),
    }
    with pytest.raises(Exception, match="404"):
        await calls[what]()
    assert (await room.row()).stage == "gone"


@pytest.mark.parametrize("why", ["left", "disabled", "deleted"])
async def test_a_chat_whose_owner_left_it_or_lost_their_account_goes_on(
    room: Room, office: Office, why: str
) -> None:
    ada = office.person("Ada")
    await room.invites(ada, rank=ASKER, asked=True)
    await room.invites(office.person("Bo"))
    chat = (await room.create()).id
    match why:
        case "left":
            left = {"chat": chat, "event": "membersRemoved", "people": [ada.email]}
            assert office.teams.post("/_sandbox/chat", left).status_code == 200
        case "disabled":
            office.microsoft.sandbox("POST", f"people/{ada.email}", {"enabled": False})
        case "deleted":
            office.microsoft.sandbox("POST", f"people/{ada.email}", {"deleted": True})
    await room.invites(office.person("Cy"))
    brought = await room.add(chat)
    assert (brought.more, brought.absent) == (False, ())
    assert set(room.names(chat)) - {"Ada"} == {"Bo", "Cy"}
    assert await room.install(chat) == Installed()
    assert (await room.rename(chat)).topic.startswith(OVER)
    assert (await room.row()).stage == "made"


# Taken out


async def test_who_declined_leaves_and_comes_back_when_wanted(room: Room, office: Office) -> None:
    ada, bo, cy = (office.person(name) for name in ("Ada", "Bo", "Cy"))
    await room.invites(ada, bo, cy)
    chat = (await room.create()).id
    await room.add(chat)
    for _ in range(2):
        assert (await room.remove(chat, cy)).present == 2
    assert room.names(chat) == ["Ada", "Bo"]
    row = await room.row()
    assert (row.left, row.taken_out) == (False, (cy.pagerduty_user,))
    assert (await room.add(chat)).present == 2, "a read back brings in nobody who was taken out"
    assert (await room.add(chat, cy)).present == 3
    assert (await room.row()).taken_out == ()


async def test_everybody_whom_muster_brought_leaves_and_others_stay(room: Room, office: Office) -> None:
    await room.invites(office.person("Ada"), office.person("Bo"))
    chat = (await room.create()).id
    office.teams.post(
        "/_sandbox/chat", {"chat": chat, "event": "membersAdded", "people": ["mia@acme.example"]}
    )
    assert (await room.remove(chat, everybody=True)).present == 0
    assert room.names(chat) == ["Mia"]
    row = await room.row()
    assert (row.left, row.present) == (True, 0)
    assert (await room.add(chat)).present == 2
    assert not (await room.row()).left, "people are in it again"


async def test_who_left_by_themselves_is_not_brought_back_by_the_next_who_comes(
    room: Room, office: Office
) -> None:
    bo = office.person("Bo")
    await room.invites(office.person("Ada"), bo, office.person("Cy"))
    chat = (await room.create()).id
    await room.add(chat)
    office.teams.post("/_sandbox/chat", {"chat": chat, "event": "membersRemoved", "people": [bo.email]})
    await room.invites(office.person("Di"))
    assert (await room.add(chat)).absent == (), "nothing keeps him out but himself"
    assert room.names(chat) == ["Ada", "Cy", "Di"]
    office.teams.post("/_sandbox/chat", {"chat": chat, "event": "membersAdded", "people": [bo.email]})
    await room.add(chat)
    await room.remove(chat, everybody=True)
    assert (await room.add(chat)).present == 4, "whom Muster took out comes back"


async def test_the_asker_is_wanted_as_long_as_the_room_is_there(room: Room, office: Office) -> None:
    await room.invites(office.person("Ada"), rank=ASKER, asked=True)
    await room.identify(office.person("Bo"))
    assert [one.asked for one in await room_members.invited(room.pool, ROOM)] == [False, True]
