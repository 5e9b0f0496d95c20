"""``graph.create_chat``, ``find_chat``, ``install_app`` and ``rename_chat``: a chat is made once."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from muster.store import room_members, rooms
from muster.store.pool import Pool, open_pool
from muster.store.room_members import Known
from sandbox.up.servers.ports import free_port
from tests.api.outage import line_to
from tests.sandbox.office import Office
from tests.support.rooms import (
    ROOM,
    TITLE,
    TOPIC,
    Room,
    failed,
    office_settings,
    opened_room,
    ran,
    staffed_office,
)
from tests.support.settings import database_at
from tests.support.waiting import eventually
from workflows.incident_room.activities import ChatFound, ChatMade, FindChat, Installed
from workflows.wanted import ASKER, JOINED

pytestmark = pytest.mark.anyio

CROWD = 30
HOUR = timedelta(hours=1)
REFUSED = {"error": {"code": "BadRequest", "message": "The topic is not liked."}}


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with staffed_office(tmp_path_factory.mktemp("office"), crowd=CROWD) as office:
        yield office


@pytest.fixture
def office(processes: Office) -> Office:
    processes.reset()
    return processes


@pytest.fixture
async def room(office: Office, pool: Pool, database_url: str, tmp_path: Path) -> AsyncIterator[Room]:
    """Ada asked for the chat, and Bo is to come."""
    async with opened_room(office, pool, office_settings(office, database_url, tmp_path)) as room:
        await room.invites(office.person("Bo"))
        await room.invites(office.person("Ada"), rank=ASKER, asked=True)
        yield room


async def is_intended(room: Room) -> bool:
    return (await room.row()).stage == "making"


async def made(room: Room) -> str:
    return (await room.create()).id


def delete(office: Office, name: str) -> None:
    """Take a person out of the directory."""
    office.microsoft.sandbox("POST", f"people/{office.person(name).email}", {"deleted": True})


# Made once


@pytest.mark.pooler_too
async def test_a_chat_is_made_with_whoever_asked_and_whom_the_incident_names(
    room: Room, office: Office
) -> None:
    chat = await room.create()
    assert chat.topic == TOPIC
    assert chat.url.startswith("https://teams.microsoft.com/l/chat/")
    assert room.names(chat.id) == ["Ada", "Bo"], "its owner first"
    row = await room.row()
    assert (row.stage, row.id, row.url, row.topic, row.shown_topic) == (
        *("made", chat.id, chat.url),
        *(TOPIC, TOPIC),
    )


async def test_asked_for_again_it_is_the_same_chat(room: Room, office: Office) -> None:
    first = await room.create()
    assert await room.create(title="Another title") == first
    assert await ran(room.another_worker().chats.create_chat, room.creating()) == first
    assert office.asked("POST", "/chats") == 1


async def test_the_intent_is_committed_before_the_chat_is_made_and_stops_every_other_call(
    room: Room, office: Office
) -> None:
    office.fault("chat", "slow", seconds=2)
    making = asyncio.create_task(room.create())
    await eventually(lambda: is_intended(room))
    assert await failed(room.another_worker().chats.create_chat, room.creating()) == ("OutcomeUnknown", None)
    assert not making.done(), "another worker did not wait"
    row = await room.row()
    assert (row.topic, row.began_at is not None) == (TOPIC, True)
    chat = await making
    assert (await room.row()).id == chat.id
    assert office.asked("POST", "/chats") == 1


async def test_the_same_worker_waits_for_its_own_call(room: Room, office: Office) -> None:
    office.fault("chat", "slow", seconds=0.3)
    assert len({chat.id for chat in await asyncio.gather(room.create(), room.create())}) == 1
    assert office.asked("POST", "/chats") == 1


@pytest.mark.parametrize(
    "fault", [{"do": "lose_answer"}, {"do": "status", "status": 503}, {"do": "status_after", "status": 503}]
)
async def test_a_lost_answer_keeps_the_intent_and_nothing_is_sent_again(
    room: Room, office: Office, fault: dict[str, Any]
) -> None:
    office.fault("chat", **fault)
    for _ in range(2):
        kind, _ = await failed(room.worker.chats.create_chat, room.creating())
        assert kind == "OutcomeUnknown"
    assert office.asked("POST", "/chats") == 1
    assert (await room.row()).stage == "making"


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"status": 429, "retry_after": 3}, "RateLimited"),
        ({"status": 400, "body": REFUSED}, "RequestInvalid"),
        ({"status": 403, "body": REFUSED}, "Forbidden"),
    ],
)
async def test_what_certainly_failed_ends_the_intent(
    room: Room, office: Office, fault: dict[str, Any], expected: str
) -> None:
    office.fault("chat", "status", **fault)
    kind, _ = await failed(room.worker.chats.create_chat, room.creating())
    assert kind == expected
    assert (await room.row()).stage == "none"
    assert room.names((await room.create()).id) == ["Ada", "Bo"]


async def test_without_consent_nothing_is_made_and_the_permission_is_named(
    room: Room, office: Office
) -> None:
    office.revoke("Chat.Create")
    refused = await failed(room.worker.chats.create_chat, room.creating())
    assert refused == ("ConsentMissing", "Chat.Create")
    assert (await room.row()).stage == "none"
    office.microsoft.sandbox("POST", "consent/grant")
    assert (await room.create()).id


async def test_a_graph_that_cannot_be_reached_has_made_nothing(room: Room) -> None:
    room.settings = room.settings.model_copy(update={"graph_url": f"https://127.0.0.1:{free_port()}"})
    room.begins_anew()
    kind, _ = await failed(room.worker.chats.create_chat, room.creating())
    assert kind == "ProviderUnavailable"
    assert (await room.row()).stage == "none"


async def test_a_chat_that_the_database_does_not_take_is_made_and_recorded_later(
    room: Room, office: Office, database_url: str
) -> None:
    async with line_to(database_url) as line:
        server = database_url.rpartition("@")[2].partition("/")[0]
        async with await open_pool(database_at(database_url.replace(server, line.address))) as pool:
            cut_off = replace(room, pool=pool)
            office.fault("chat", "slow", seconds=1)
            making = asyncio.create_task(cut_off.create())
            await eventually(lambda: is_intended(room))
            await line.cut()
            chat = await making
            assert room.names(chat.id) == ["Ada", "Bo"]
            assert (await room.row()).stage == "making"
            await line.mend()

            async def is_recorded() -> bool:
                return (await room.row()).id == chat.id

            await eventually(is_recorded)
    assert (await room.create()).id == chat.id


async def test_without_a_database_nothing_is_sent(room: Room, office: Office, database_url: str) -> None:
    async with line_to(database_url) as line:
        server = database_url.rpartition("@")[2].partition("/")[0]
        async with await open_pool(database_at(database_url.replace(server, line.address))) as pool:
            cut_off = replace(room, pool=pool)
            await line.cut()
            kind, _ = await failed(cut_off.worker.chats.create_chat, room.creating())
            assert kind == "ProviderUnavailable"
    assert office.asked("POST", "/chats") == 0


async def test_alone_nobody_gets_a_chat(room: Room, office: Office) -> None:
    await room.knows(office.person("Bo"), Known(None, None))
    assert await room.create() == ChatMade(topic=TOPIC, refusal="nobody_to_talk_to")
    assert (await room.row()).stage == "none"
    assert office.asked("POST", "/chats") == 0


async def test_a_room_without_a_row_makes_no_chat(room: Room, office: Office) -> None:
    await room.pool.execute("DELETE FROM incident_room")
    kind, _ = await failed(room.worker.chats.create_chat, room.creating())
    assert kind == "RequestInvalid"
    assert office.asked("POST", "/chats") == 0


# With whom


async def test_a_creation_has_twenty_people_its_owner_and_those_who_matter_most(
    room: Room, office: Office
) -> None:
    crowd = [one for one in office.microsoft.company.people if one.name.startswith("Crowd")]
    await room.invites(*crowd, rank=JOINED)
    names = room.names((await room.create()).id)
    assert (len(names), names[:2]) == (20, ["Ada", "Bo"])
    assert (await room.add((await room.row()).id)).present == CROWD + 2


async def test_a_guest_comes_as_a_guest(room: Room, office: Office) -> None:
    await room.invites(office.guest)
    members = office.members(await made(room))
    assert {one["displayName"]: one["roles"] for one in members} == {
        "Ada Ops": ["owner"],
        "Bo Call": ["owner"],
        "Greta Guest": ["guest"],
    }


async def test_whom_the_directory_does_not_have_any_more_is_left_out_and_told_of(
    room: Room, office: Office
) -> None:
    await room.invites(office.person("Di"))
    delete(office, "Di")
    assert room.names(await made(room)) == ["Ada", "Bo"]
    assert await room.absent() == {"Di": "refused"}
    assert office.asked("POST", "/chats") == 2, "once more, without her"


@pytest.mark.parametrize("crowd", [1, 2, 6, 18])
async def test_who_has_no_teams_keeps_nobody_else_out(room: Room, office: Office, crowd: int) -> None:
    """Microsoft refuses the whole and does not say for whom: it is made of a part, the others are added."""
    await room.invites(office.person("Lee"))
    others = [one for one in office.microsoft.company.people if one.name.startswith("Crowd")][:crowd]
    await room.invites(*others, rank=JOINED)
    chat = await made(room)
    assert (await room.add(chat)).present == 2 + crowd
    assert sorted(room.names(chat)) == sorted(["Ada", "Bo", *["Crowd"] * crowd])
    assert await room.absent() == {"Lee": "refused"}


async def test_a_refusal_of_everybody_is_given_up(room: Room, office: Office) -> None:
    others = [one for one in office.microsoft.company.people if one.name.startswith("Crowd")][:18]
    await room.invites(*others, rank=JOINED)
    office.fault("chat", "status", status=400, body=REFUSED, times=50)
    kind, _ = await failed(room.worker.chats.create_chat, room.creating())
    assert (kind, office.asked("POST", "/chats")) == ("RequestInvalid", 27)
    assert (await room.row()).stage == "none"


async def test_a_deleted_person_whom_nobody_may_find_is_no_reason_to_ask_for_ever(
    room: Room, office: Office
) -> None:
    """Without the directory the next call would ask for the same people."""
    office.revoke("User.Read.All", "User.ReadBasic.All")
    delete(office, "Bo")
    kind, _ = await failed(room.worker.chats.create_chat, room.creating())
    assert (kind, office.asked("POST", "/chats")) == ("RequestInvalid", 1)
    assert (await room.row()).stage == "none"


async def test_another_role_is_no_other_person_to_ask_for(room: Room, office: Office) -> None:
    await room.invites(office.guest)
    await room.knows(office.guest, Known(office.guest.aad_object_id, "owner"))
    office.fault("chat", "status", status=404, times=50)
    kind, _ = await failed(room.worker.chats.create_chat, room.creating())
    assert kind == "RequestInvalid"


async def test_whose_role_is_another_one_comes_with_that(room: Room, office: Office) -> None:
    await room.invites(office.guest)
    await room.knows(office.guest, Known(office.guest.aad_object_id, "owner"))
    members = office.members(await made(room))
    assert [one["roles"] for one in members if one["displayName"] == "Greta Guest"] == [["guest"]]
    assert await room.absent() == {}


async def test_the_next_person_owns_the_chat_where_whoever_asked_is_gone(room: Room, office: Office) -> None:
    """Their chats are those that would be searched for it."""
    await room.invites(office.person("Di"), rank=JOINED)
    delete(office, "Ada")
    assert room.names(await made(room)) == ["Bo", "Di"]
    owner = await room.pool.fetchval("SELECT owner FROM incident_room")
    assert owner == office.person("Bo").aad_object_id


async def test_the_first_who_is_wanted_as_its_owner_and_is_here_owns_it(room: Room, office: Office) -> None:
    """Whoever asked before is in it like everybody."""
    await room.invites(office.person("Di"), rank=JOINED)
    delete(office, "Cy")
    made = await ran(
        room.worker.chats.create_chat, room.creating(TITLE, office.person("Cy"), office.person("Bo"))
    )
    assert room.names(made.id) == ["Bo", "Di", "Ada"], "its owner first"
    owner = await room.pool.fetchval("SELECT owner FROM incident_room")
    assert owner == office.person("Bo").aad_object_id


async def test_with_one_person_left_there_is_no_chat_and_the_next_call_says_why(
    room: Room, office: Office
) -> None:
    delete(office, "Bo")
    kind, _ = await failed(room.worker.chats.create_chat, room.creating())
    assert kind == "NotFound"
    assert (await room.row()).stage == "none"
    assert (await room.create()).refusal == "nobody_to_talk_to"


async def test_a_refusal_that_is_no_persons_is_not_sent_again(room: Room, office: Office) -> None:
    office.fault("chat", "status", status=400, body=REFUSED)
    await failed(room.worker.chats.create_chat, room.creating())
    assert office.asked("POST", "/chats") == 1


async def test_an_answer_that_is_lost_the_second_time_keeps_the_intent(room: Room, office: Office) -> None:
    await room.invites(office.person("Di"))
    delete(office, "Di")
    office.fault("chat", "status", status=400, body=REFUSED)
    office.fault("chat", "lose_answer")
    kind, _ = await failed(room.worker.chats.create_chat, room.creating())
    assert kind == "OutcomeUnknown"
    assert (await room.row()).stage == "making"


async def test_who_is_dropped_silently_is_added(room: Room, office: Office) -> None:
    await room.invites(office.person("Di"))
    office.fault("chat", "drop_member", body=[office.person("Di").aad_object_id])
    chat = await made(room)
    assert room.names(chat) == ["Ada", "Bo"]
    brought = await room.add(chat)
    assert (brought.present, brought.more, brought.absent) == (3, False, ())
    assert room.names(chat) == ["Ada", "Bo", "Di"]


@pytest.mark.parametrize(
    ("title", "topic"),
    [
        ("Checkout: is: slow", "Incident #42 Checkout is slow"),
        ("", "Incident #42"),
        ("::", "Incident #42"),
        ("\u200fשלום\u202e: evil", "Incident #42 \u200fשלום evil"),
        ("one\r\ntwo\x00three", "Incident #42 one two three"),
        ("🔥" * 600, "Incident #42 " + "🔥" * 117 + "…"),
    ],
)
async def test_every_title_becomes_a_topic_that_teams_takes_and_that_is_found_again(
    room: Room, office: Office, title: str, topic: str
) -> None:
    office.fault("chat", "lose_answer")
    await failed(room.worker.chats.create_chat, room.creating(title))
    found = await room.find()
    assert (found.topic, office.call("GET", f"/chats/{found.id}").json()["topic"]) == (topic, topic)
    assert (await room.rename(found.id, title=title)).topic == f"✓ {topic}"


# Looked for


async def is_in_doubt(room: Room, office: Office) -> None:
    """A creation whose answer was lost; there is no chat but those that a test makes."""
    office.fault("chat", "status", status=503)
    await failed(room.worker.chats.create_chat, room.creating())


async def test_what_was_made_before_its_answer_was_lost_is_found(room: Room, office: Office) -> None:
    office.fault("chat", "lose_answer")
    await failed(room.worker.chats.create_chat, room.creating())
    found = await room.find()
    assert (room.names(found.id), found.topic, found.others, found.can_search) == (
        *(["Ada", "Bo"], TOPIC),
        *(0, True),
    )
    row = await room.row()
    assert (row.stage, row.id, row.url) == ("made", found.id, found.url)
    assert (await room.create()).id == found.id
    assert await room.find() == found.model_copy(update={"can_search": True})
    assert office.asked("POST", "/chats") == 1


async def test_the_oldest_of_several_is_taken_and_the_others_are_counted(room: Room, office: Office) -> None:
    await is_in_doubt(room, office)
    chats = [office.created("Ada", "Bo", topic=TOPIC)["id"] for _ in range(3)]
    office.created("Ada", "Bo", topic=f"{TOPIC} again")
    office.created("Bo", "Di", topic=TOPIC)
    found = await room.find()
    assert (found.id, found.others) == (chats[0], 2)
    assert (await room.row()).others == 2


async def test_a_chat_of_that_topic_from_before_the_intent_is_another_one(room: Room, office: Office) -> None:
    await is_in_doubt(room, office)
    office.created("Ada", "Bo", topic=TOPIC)
    await room.pool.execute("UPDATE incident_room SET began_at = began_at + $1::interval", HOUR)
    assert await room.find() == ChatFound(topic=TOPIC)
    assert (await room.row()).stage == "making", "it may turn up yet"


async def test_after_the_last_time_nobody_knows(room: Room, office: Office) -> None:
    await is_in_doubt(room, office)
    assert await room.find(last=True) == ChatFound(topic=TOPIC)
    assert (await room.row()).stage == "unknown"


async def test_without_the_permission_nobody_searches(room: Room, office: Office) -> None:
    await is_in_doubt(room, office)
    office.revoke("Chat.ReadBasic.All", "Chat.ReadWrite.All")
    room.begins_anew()
    assert await room.find() == ChatFound(topic=TOPIC, can_search=False)
    assert (await room.row()).stage == "unknown"


async def test_in_the_chats_of_an_owner_who_is_gone_nobody_searches(room: Room, office: Office) -> None:
    await is_in_doubt(room, office)
    delete(office, "Ada")
    assert await room.find() == ChatFound(topic=TOPIC, can_search=False)
    assert (await room.row()).stage == "unknown"


async def test_what_fails_for_a_moment_is_looked_for_again(room: Room, office: Office) -> None:
    await is_in_doubt(room, office)
    office.fault("chat", "status", status=503)
    kind, _ = await failed(room.worker.chats.find_chat, FindChat(**room.call, last=True))
    assert kind == "ProviderUnavailable"
    assert (await room.row()).stage == "making"


async def test_a_search_waits_for_the_call_that_its_worker_still_makes(room: Room, office: Office) -> None:
    office.fault("chat", "slow", seconds=0.5)
    making = asyncio.create_task(room.create())
    await eventually(lambda: is_intended(room))
    assert (await room.find()).id == (await making).id


async def test_where_nothing_was_begun_it_was_certainly_not_made(room: Room, office: Office) -> None:
    """Whoever was to make it ended before the intent was committed."""
    assert await room.find() == ChatFound(not_made=True)
    assert office.asked("GET", "/chats") == 0


# The bot in it


async def test_the_bot_comes_however_often_it_is_asked_for(room: Room, office: Office) -> None:
    chat = await made(room)
    for _ in range(2):
        assert await room.install(chat) == Installed()
        assert (await room.row()).installed
    assert len(office.call("GET", f"/chats/{chat}/installedApps").json()["value"]) == 1


@pytest.mark.parametrize("known", ["", "8f0c1f5e-0000-4000-8000-000000000001"])
async def test_an_app_that_the_catalog_does_not_have_is_said_and_the_chat_is_there(
    room: Room, office: Office, database_url: str, tmp_path: Path, known: str
) -> None:
    """Such as the manifest's own id in the place of the catalog's."""
    chat = await made(room)
    room.settings = office_settings(office, database_url, tmp_path, catalog_app=known)
    room.begins_anew()
    assert await room.install(chat) == Installed(app_unknown=True)
    row = await room.row()
    assert (row.stage, row.installed) == ("made", False)


async def test_without_the_permission_the_bot_stays_out(room: Room, office: Office) -> None:
    chat = await made(room)
    office.revoke("TeamsAppInstallation.ReadWriteSelfForChat.All")
    room.begins_anew()
    assert await failed(room.worker.chats.install_app, room.of(chat)) == (
        "ConsentMissing",
        "TeamsAppInstallation.ReadWriteSelfForChat.All",
    )
    assert not (await room.row()).installed


async def test_a_chat_that_somebody_deleted_is_gone(room: Room, office: Office) -> None:
    chat = await made(room)
    assert office.call("DELETE", f"/chats/{chat}").status_code == 204
    kind, _ = await failed(room.worker.chats.install_app, room.of(chat))
    assert kind == "NotFound"
    assert (await room.row()).stage == "gone"


# Its name


async def test_the_chat_is_called_as_its_incident_with_a_mark_once_that_is_over(
    room: Room, office: Office
) -> None:
    chat = await made(room)
    for is_over, title, topic in (
        (True, "Checkout is slow", f"✓ {TOPIC}"),
        (False, "Checkout: down", "Incident #42 Checkout down"),
    ):
        assert (await room.rename(chat, title=title, is_over=is_over)).topic == topic
        assert office.call("GET", f"/chats/{chat}").json()["topic"] == topic
        row = await room.row()
        assert (row.shown_topic, row.topic) == (topic, TOPIC), "a search asks for the first"


async def test_the_permission_to_rename_is_named(room: Room, office: Office) -> None:
    chat = await made(room)
    office.revoke("Chat.ReadWrite.All")
    room.begins_anew()
    refused = await failed(room.worker.chats.rename_chat, room.renaming(chat))
    assert refused == ("ConsentMissing", "Chat.ReadWrite.All")
    assert (await room.row()).shown_topic == TOPIC


# Another one


async def test_begun_anew_whoever_the_old_chat_refused_is_asked_again(room: Room, office: Office) -> None:
    await room.invites(office.person("Di"))
    delete(office, "Di")
    first = await made(room)
    office.call("DELETE", f"/chats/{first}")
    await failed(room.worker.chats.install_app, room.of(first))
    office.microsoft.sandbox("POST", f"people/{office.person('Di').email}", {"deleted": False})
    async with room.pool.acquire() as connection:
        await rooms.begin_anew(connection, ROOM)
    assert room.names(await made(room)) == ["Ada", "Bo", "Di"]
    assert await room_members.absent(room.pool, ROOM) == ((), 0)
