"""What programs want done with the chat that is there: deleted, archived, renamed, other people in it."""

import asyncio

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from tests.support.life import ADA, BO, CY
from tests.support.waiting import eventually
from tests.workflows.incident_room.calls import LOST
from tests.workflows.incident_room.orders import DELETES
from tests.workflows.incident_room.outside import FakeActivities
from tests.workflows.incident_room.running import PATIENT, Run, made, running
from tests.workflows.incident_room.steps import ALL_LEAVE, DECLINED_LEAVE
from workflows.errors import (
    ConsentMissing,
    CredentialRejected,
    Forbidden,
    NotFound,
    ProviderUnavailable,
    RequestInvalid,
)
from workflows.incident_room.activities import (
    ADD_MEMBERS,
    ARCHIVE_ROOM,
    ARCHIVED,
    BEGIN_ANEW,
    DELETE_CHAT,
    END_CARD,
    MARK_ARCHIVED,
    OPEN_ROOM,
    OVER,
    REMOVE_PEOPLE,
    RENAME_CHAT,
    SET_TOPIC,
)
from workflows.incident_room.messages import (
    ArchiveChat,
    AskedOfChat,
    ChangeMembers,
    DeleteChat,
    RoomAnswer,
    SetTopic,
)
from workflows.incident_room.workflow_type import ADD_MEMBERS as ADD
from workflows.incident_room.workflow_type import REMOVE_MEMBERS as REMOVE
from workflows.members import MembersChange, NamedPerson, NotChanged
from workflows.room import Lack
from workflows.verbs.outcomes import Outcome

pytestmark = pytest.mark.anyio

DONE = Outcome(kind="done")
NO_CHAT = Outcome(kind="failed", reason="no_chat")
TOPIC = "Incident #42 Checkout latency"


async def delete(run: Run, *, key: str | None = None) -> RoomAnswer:
    return await run.ask(run.order(DeleteChat, key=key))


async def archive(run: Run, *, people_leave: bool = False) -> RoomAnswer:
    return await run.ask(run.order(ArchiveChat, people_leave=people_leave))


async def set_topic(run: Run, topic: str, *, key: str | None = None) -> RoomAnswer:
    return await run.ask(run.order(SetTopic, key=key, topic=topic))


async def add(run: Run, *people: NamedPerson, key: str | None = None) -> RoomAnswer:
    return await run.ask(run.order(ChangeMembers, key=key, people=people), update=ADD.name)


async def remove(run: Run, *people: NamedPerson) -> RoomAnswer:
    return await run.ask(run.order(ChangeMembers, people=people), update=REMOVE.name)


def named(user: str) -> NamedPerson:
    return NamedPerson(user=user)


# Deleted


async def test_a_chat_that_is_deleted_leaves_nothing_and_another_can_be_made(client: Client) -> None:
    async with made(client, timing=PATIENT) as run:
        outside, chat = run.outside, run.outside.chats[0]
        assert (await delete(run)).outcome == DONE
        assert (await run.ends()).chat == "gone"
        assert (outside.deleted, outside.detached) == ([chat.id], [chat.id])
        assert (outside.announced[-1].stage, outside.announced[-1].chat) == ("gone", "")
        assert (await run.ask()).outcome.kind == "done"
        assert len(outside.chats) == 2


async def test_without_the_permission_nothing_changes_and_the_program_alone_is_told(client: Client) -> None:
    outside = FakeActivities()
    outside.may_delete = False
    async with made(client, outside, timing=PATIENT) as run:
        told = list(outside.announced)
        answer = await delete(run)
        await run.is_idle()
        assert answer.outcome == Outcome(kind="refused", reason="not_granted", says=DELETES)
        assert (outside.deleted, outside.detached, outside.store.stage) == ([], [], "made")
        assert outside.announced == told
        assert "⚠" not in await run.details()
        outside.may_delete = True
        assert (await delete(run)).outcome == DONE, "it is granted meanwhile"


async def test_what_microsoft_refuses_for_another_reason_is_said(client: Client) -> None:
    async with made(client, timing=PATIENT) as run:
        run.outside.fails(DELETE_CHAT, Forbidden("403"))
        answer = await delete(run)
        assert answer.outcome == Outcome(kind="failed", reason="not_changed", says="Forbidden")
        assert (await set_topic(run, "War room")).outcome == DONE, "the next order does not wait for it"


async def test_an_outage_is_waited_out(client: Client) -> None:
    async with made(client, timing=PATIENT) as run:
        run.outside.fails(DELETE_CHAT, ProviderUnavailable("503"), LOST)
        assert (await delete(run)).outcome == DONE
        assert run.outside.count(DELETE_CHAT) == 3


@pytest.mark.parametrize("message", [DeleteChat, ArchiveChat])
async def test_without_a_chat_there_is_nothing_to_be_done(client: Client, message: type[AskedOfChat]) -> None:
    outside = FakeActivities()
    async with running(client, outside) as run:
        assert (await run.ask(run.order(message))).outcome == NO_CHAT
        assert (await set_topic(run, "War room")).outcome == NO_CHAT
        assert (await add(run, named(CY.id))).outcome == NO_CHAT
        assert (await run.ends()).chat == "none"
    assert (outside.count(OPEN_ROOM), outside.store.exists) == (0, False)


async def test_a_request_that_arrives_again_gets_what_was_recorded(client: Client) -> None:
    async with made(client, timing=PATIENT) as run:
        answers = [await add(run, named(CY.id), key="the same") for _ in range(2)]
        names = await asyncio.gather(*(set_topic(run, "War room", key="another") for _ in range(2)))
    assert answers[0] == answers[1]
    assert names[0] == names[1]
    assert (run.outside.count(ADD_MEMBERS), run.outside.count(SET_TOPIC)) == (1, 1)


async def test_orders_wait_for_each_other(client: Client) -> None:
    """What is deleted has no topic any more."""
    async with made(client, timing=PATIENT) as run:
        held = run.outside.holds(DELETE_CHAT)
        deleting = asyncio.create_task(delete(run))
        await run.outside.until(lambda: run.outside.count(DELETE_CHAT) == 1)
        naming = asyncio.create_task(set_topic(run, "War room"))
        await run.details()
        held.set()
        assert (await deleting).outcome == DONE
        assert (await naming).outcome == NO_CHAT
    assert run.outside.count(SET_TOPIC) == 0


async def test_who_asks_for_a_chat_while_it_is_deleted_gets_the_one_there_is(client: Client) -> None:
    async with made(client, timing=PATIENT) as run:
        held = run.outside.holds(DELETE_CHAT)
        deleting = asyncio.create_task(delete(run))
        await run.outside.until(lambda: run.outside.count(DELETE_CHAT) == 1)
        assert (await run.ask()).outcome.kind == "already"
        held.set()
        assert (await deleting).outcome == DONE


async def test_an_answer_that_nobody_waits_for_is_done_all_the_same(client: Client) -> None:
    async with made(client, timing=PATIENT) as run:
        await run.hand_over(run.order(DeleteChat))
        assert (await run.ends()).chat == "gone"
    assert len(run.outside.deleted) == 1


# Archived


async def test_an_archived_chat_keeps_its_people_and_its_address(client: Client) -> None:
    async with made(client, timing=PATIENT) as run:
        outside, chat = run.outside, run.outside.chats[0]
        answer = await archive(run)
        assert (answer.outcome, answer.lacks) == (DONE, ())
        assert (await run.ends()).chat == "archived"
    assert (chat.topic, outside.ended_cards) == (f"{ARCHIVED}{TOPIC}", [chat.id])
    assert (chat.members, outside.store.stage) == ({ADA.id, BO.id}, "archived")
    told = outside.announced[-1]
    assert (told.stage, told.chat, told.url) == ("archived", chat.id, chat.url)
    order = [
        name for name, _ in outside.calls if name.startswith(("workflow.end", "graph.mark", "store.arch"))
    ]
    assert order == [END_CARD.name, MARK_ARCHIVED.name, ARCHIVE_ROOM.name]


async def test_where_people_leave_it_nobody_has_a_way_in(client: Client) -> None:
    async with made(client, timing=PATIENT) as run:
        await archive(run, people_leave=True)
        await run.ends()
    assert run.outside.chats[0].members == set()
    assert (run.outside.announced[-1].stage, run.outside.announced[-1].url) == ("archived", "")


async def test_nothing_is_done_in_an_archived_chat_any_more(client: Client) -> None:
    async with made(client, policy=ALL_LEAVE) as run:
        outside = run.outside
        await archive(run)
        await run.ends()
        told = list(outside.announced)
        await run.hears(run.life.asks_for_help(CY), run.life.is_resolved())
        await run.ends()
    assert outside.members == {ADA.id, BO.id}
    assert (outside.summaries, outside.announced) == ([], told)
    assert outside.chats[0].topic == f"{ARCHIVED}{TOPIC}"


async def test_a_chat_that_is_being_archived_gets_no_other_mark_and_no_summary(client: Client) -> None:
    """The grace after a resolve ends while people are taken out."""
    async with made(client) as run:
        outside = run.outside
        held = outside.holds(REMOVE_PEOPLE)
        archived = asyncio.create_task(archive(run, people_leave=True))
        await outside.until(lambda: outside.count(REMOVE_PEOPLE) == 1)
        await run.hears(run.life.is_resolved())

        async def grace_has_passed() -> bool:
            events = (await run.timeline()).events
            return any(event.event_type == EventType.EVENT_TYPE_TIMER_FIRED for event in events)

        await eventually(grace_has_passed)
        held.set()
        assert (await archived).outcome == DONE
        await run.ends()
    assert (outside.summaries, outside.count(RENAME_CHAT)) == ([], 0)
    assert outside.chats[0].topic == f"{ARCHIVED}{TOPIC}"


async def test_what_a_permission_is_missing_for_is_left_out_and_said(client: Client) -> None:
    async with made(client, timing=PATIENT) as run:
        outside = run.outside
        outside.fails(MARK_ARCHIVED, ConsentMissing("no consent", code="Chat.ReadWrite.All"))
        outside.fails(REMOVE_PEOPLE, Forbidden("403"))
        answer = await archive(run, people_leave=True)
        await run.ends()
    assert answer.outcome == DONE
    assert answer.lacks == (
        Lack(step="names", permission="Chat.ReadWrite.All"),
        Lack(step="leaving", permission=""),
    )
    assert outside.announced[-1].url == outside.chats[0].url, "they are in it still"


async def test_what_went_wrong_in_the_middle_is_gone_on_with(client: Client) -> None:
    async with made(client, timing=PATIENT) as run:
        run.outside.fails(ARCHIVE_ROOM, LOST)
        assert (await archive(run)).outcome == DONE
    assert [run.outside.count(row) for row in (END_CARD, MARK_ARCHIVED, ARCHIVE_ROOM)] == [1, 1, 2]


async def test_archived_again_it_is_so_already_and_it_can_be_deleted_still(client: Client) -> None:
    async with made(client, timing=PATIENT) as run:
        await archive(run)
        await run.ends()
        assert (await archive(run)).outcome == Outcome(kind="already")
        assert (await set_topic(run, "War room")).outcome == NO_CHAT
        assert (await delete(run)).outcome == DONE
        assert (await run.ends()).chat == "gone"
    assert run.outside.deleted == [run.outside.chats[0].id]


async def test_who_asks_for_a_chat_while_an_archived_one_is_deleted_gets_another_once_that_is_gone(
    client: Client,
) -> None:
    async with made(client, timing=PATIENT) as run:
        outside = run.outside
        await archive(run)
        await run.ends()
        held = outside.holds(DELETE_CHAT)
        outside.fails(DELETE_CHAT, ProviderUnavailable("503"))
        deleting = asyncio.create_task(delete(run))
        await outside.until(lambda: outside.count(DELETE_CHAT) == 1)
        asking = asyncio.create_task(run.ask())
        await run.details()
        held.set()
        assert (await deleting).outcome == DONE
        assert outside.deleted == [outside.chats[0].id]
        answer = await asking
        await run.is_idle()
        assert (answer.outcome.kind, answer.url) == ("done", outside.chats[1].url)


async def test_an_archived_chat_that_may_not_be_deleted_holds_up_no_other(client: Client) -> None:
    async with made(client, timing=PATIENT) as run:
        outside = run.outside
        await archive(run)
        await run.ends()
        held = outside.holds(DELETE_CHAT)
        outside.may_delete = False
        deleting = asyncio.create_task(delete(run))
        await outside.until(lambda: outside.count(DELETE_CHAT) == 1)
        asking = asyncio.create_task(run.ask())
        await run.details()
        held.set()
        assert (await deleting).outcome == Outcome(kind="refused", reason="not_granted", says=DELETES)
        assert (await asking).outcome.kind == "done"
        assert (outside.deleted, len(outside.chats)) == ([], 2)


async def test_after_it_another_chat_can_be_made(client: Client) -> None:
    async with made(client, timing=PATIENT) as run:
        await archive(run)
        await run.ends()
        answer = await run.ask()
        await run.is_idle()
        assert (answer.outcome.kind, answer.url) == ("done", run.outside.chats[1].url)
        assert (run.outside.count(BEGIN_ANEW), run.outside.announced[-1].stage) == (1, "made")


async def test_what_microsoft_does_not_take_is_left_out_and_the_chat_is_archived_all_the_same(
    client: Client,
) -> None:
    """Its card has ended by then: half of it helps nobody."""
    async with made(client, timing=PATIENT) as run:
        outside = run.outside
        outside.breaks(MARK_ARCHIVED, RequestInvalid("400"))
        outside.breaks(REMOVE_PEOPLE, RequestInvalid("400"))
        answer = await archive(run, people_leave=True)
        await run.ends()
    assert (answer.outcome, outside.store.stage) == (DONE, "archived")
    assert answer.lacks == (Lack(step="names", permission=""), Lack(step="leaving", permission=""))


async def test_a_credential_that_is_renewed_leaves_nothing_out(client: Client) -> None:
    async with made(client, timing=PATIENT) as run:
        run.outside.fails(MARK_ARCHIVED, CredentialRejected("401"))
        answer = await archive(run)
        await run.ends()
    assert (answer.outcome, answer.lacks) == (DONE, ())
    assert run.outside.count(MARK_ARCHIVED) == 2


async def test_a_chat_that_somebody_deletes_meanwhile_is_none(client: Client) -> None:
    async with made(client, timing=PATIENT) as run:
        run.outside.fails(MARK_ARCHIVED, NotFound("no such chat"))
        assert (await archive(run)).outcome == NO_CHAT
        run.outside.delete_chat()
        assert (await run.ends()).chat == "gone"


# Called otherwise


async def test_a_topic_that_a_program_sets_stays_through_resolve_and_reopening(client: Client) -> None:
    async with made(client) as run:
        outside, chat = run.outside, run.outside.chats[0]
        answer = await set_topic(run, "War room: 42")
        assert (answer.outcome, answer.name, chat.topic) == (DONE, "War room 42", "War room 42")
        await run.hears(run.life.is_resolved())
        await run.ends()
        assert chat.topic == f"{OVER}War room 42"
        await run.hears(run.life.reopens())
        await outside.until(lambda: chat.topic == "War room 42")


async def test_a_topic_of_a_resolved_incident_keeps_its_mark(client: Client) -> None:
    async with made(client) as run:
        await run.hears(run.life.is_resolved())
        await run.ends()
        await set_topic(run, "War room")
        await run.ends()
    assert run.outside.chats[0].topic == f"{OVER}War room"


async def test_a_topic_of_which_nothing_is_left_is_refused(client: Client) -> None:
    async with made(client, timing=PATIENT) as run:
        answer = await set_topic(run, " : ")
        assert answer.outcome == Outcome(kind="refused", reason="empty_name")
        assert (answer.name, run.outside.chats[0].topic) == (TOPIC, TOPIC)


# Other people


async def test_people_are_brought_in_or_refused_each_with_a_reason(client: Client) -> None:
    outside = FakeActivities()
    outside.absent = {"PUSER09": "no_account"}
    async with made(client, outside, timing=PATIENT) as run:
        answer = await add(run, named(CY.id), NamedPerson(email="eve@acme.example"), named("PUSER09"))
        await run.is_idle()
        assert outside.members == {ADA.id, BO.id, CY.id, "eve"}
    assert answer.outcome == DONE
    assert answer.members == MembersChange(
        changed=(CY.id, "eve@acme.example"), refused=(NotChanged(who="PUSER09", why="no_account"),)
    )


async def test_who_was_brought_in_stays_also_when_they_decline(client: Client) -> None:
    """And in a later run, which knows it by the rows."""
    async with made(client, policy=DECLINED_LEAVE) as run:
        await add(run, named(CY.id))
        await run.hears(run.life.asks_for_help(CY), run.life.is_answered(CY, "declined"))
        await run.details()
        await run.is_idle()
        assert CY.id in run.outside.members
        await run.hears(run.life.is_resolved())
        await run.ends()
        await run.hears(run.life.reopens(), run.life.is_answered(CY, "declined"))
        await run.details()
        await run.is_idle()
        assert CY.id in run.outside.members


async def test_all_who_left_after_the_resolve_are_back_after_a_reopening(client: Client) -> None:
    async with made(client, policy=ALL_LEAVE) as run:
        await add(run, NamedPerson(email="eve@acme.example"))
        await run.hears(run.life.is_resolved())
        await run.ends()
        assert run.outside.members == set()
        await run.hears(run.life.reopens())
        await run.outside.until(lambda: run.outside.members == {ADA.id, BO.id, "eve"})


async def test_who_was_taken_out_is_not_brought_back_until_they_ask(client: Client) -> None:
    async with made(client, timing=PATIENT) as run:
        outside = run.outside
        answer = await remove(run, named(BO.id), named(CY.id))
        await run.hears(run.life.asks_for_help(CY))
        await outside.until(lambda: CY.id in outside.members)
        await run.is_idle()
        assert answer.members == MembersChange(
            changed=(BO.id,), refused=(NotChanged(who=CY.id, why="not_there"),)
        )
        assert outside.members == {ADA.id, CY.id}, "Bo is assigned, and was taken out"
        await run.ask(run.click("Bo Call"))
        await outside.until(lambda: BO.id in outside.members)


async def test_who_declined_and_left_is_brought_in_by_a_program(client: Client) -> None:
    async with made(client, timing=PATIENT, policy=DECLINED_LEAVE) as run:
        outside = run.outside
        await run.hears(run.life.asks_for_help(CY))
        await outside.until(lambda: CY.id in outside.members)
        await run.hears(run.life.is_answered(CY, "declined"))
        await outside.until(lambda: CY.id not in outside.members)
        await run.is_idle()
        await add(run, named(CY.id))
        await run.hears(run.life.is_noted("on it"))
        await run.is_idle()
        assert CY.id in outside.members


async def test_without_the_permission_nobody_is_brought_in(client: Client) -> None:
    async with made(client, timing=PATIENT) as run:
        run.outside.fails(ADD_MEMBERS, ConsentMissing("no", code="ChatMember.ReadWrite.All"))
        answer = await add(run, named(CY.id))
    expected = Outcome(kind="refused", reason="not_granted", says="ChatMember.ReadWrite.All")
    assert (answer.outcome, answer.members) == (expected, MembersChange())
