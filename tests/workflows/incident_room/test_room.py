"""One incident, one chat: whatever goes wrong in whichever step."""

import pytest
from temporalio.client import Client

from tests.workflows.incident_room.calls import Row
from tests.workflows.incident_room.outside import OVER, FakeActivities
from tests.workflows.incident_room.running import PATIENT, Run, made, running
from workflows.channel_incident.activities import RECORD_CLICKS
from workflows.errors import (
    ConsentMissing,
    Forbidden,
    NotFound,
    OutcomeUnknown,
    OutsideError,
    ProviderUnavailable,
    RateLimited,
    RequestInvalid,
)
from workflows.incident_room.activities import (
    ADD_PEOPLE,
    ADMIT,
    ANNOUNCE,
    BEGIN_ANEW,
    CREATE_CHAT,
    FIND_CHAT,
    IDENTIFY_PEOPLE,
    INSTALL_APP,
    NOTE_CHAT,
    RENAME_CHAT,
    RESTORE_ROOM,
    SHOW_IN_CHAT,
    SUM_UP,
)
from workflows.room import Lack

pytestmark = pytest.mark.anyio

DOWN = ProviderUnavailable("503")
STEPS: dict[str, Row] = {
    "create": CREATE_CHAT,
    "people": IDENTIFY_PEOPLE,
    "add": ADD_PEOPLE,
    "bot": INSTALL_APP,
    "card": SHOW_IN_CHAT,
    "note": NOTE_CHAT,
    "announce": ANNOUNCE,
    "rename": RENAME_CHAT,
    "sum up": SUM_UP,
}


async def test_a_click_makes_a_chat_with_everything_in_it(client: Client) -> None:
    async with made(client) as run:
        await run.until_attribute("Attention", "ok")
    outside = run.outside
    (chat,) = outside.chats
    assert chat.topic == "Incident #42 Checkout latency"
    assert chat.joined == ["PUSER02", "PUSER01"], "the assignee, then whoever asked"
    assert chat.has_bot
    assert outside.shown == [chat.id]
    assert outside.notes == [chat.url]
    assert [outside.count(row) for row in (CREATE_CHAT, IDENTIFY_PEOPLE, ADD_PEOPLE, INSTALL_APP)] == [1] * 4
    assert [outside.count(row) for row in (SHOW_IN_CHAT, NOTE_CHAT, ANNOUNCE, RECORD_CLICKS)] == [1] * 4
    first = [name for name, _ in outside.calls][:4]
    assert first == [RESTORE_ROOM.name, ADMIT.name, IDENTIFY_PEOPLE.name, CREATE_CHAT.name]


async def test_the_answer_has_the_chats_address(client: Client) -> None:
    async with running(client) as run:
        answer = await run.ask()
        await run.is_idle()
    assert (answer.outcome.kind, answer.url) == ("done", run.outside.chats[0].url)


@pytest.mark.soak
@pytest.mark.parametrize("row", STEPS.values(), ids=STEPS)
async def test_a_refusal_and_then_an_outage_of_a_step_are_waited_out(client: Client, row: Row) -> None:
    """Until they are over the run does not end. One mishap at each moment of a step: test_steps.py."""
    outside = FakeActivities()
    outside.fails(row, RateLimited("429", retry_after=0.1), DOWN)
    await _lives(client, outside)
    _is_all_there_once(outside)


async def test_a_summary_whose_answer_was_lost_is_not_said_again(client: Client) -> None:
    outside = FakeActivities()
    outside.loses(SUM_UP)
    await _lives(client, outside)
    _is_all_there_once(outside)


async def _lives(client: Client, outside: FakeActivities) -> None:
    """From a click to the end, which is a resolve."""
    async with running(client, outside) as run:
        answer = await run.ask()
        assert answer.outcome.kind == "done"
        await run.hears(run.life.is_resolved())
        end = await run.ends()
    assert (end.chat, end.people) == ("made", 2)


def _is_all_there_once(outside: FakeActivities) -> None:
    (chat,) = outside.chats
    assert sorted(chat.joined) == ["PUSER01", "PUSER02"]
    assert chat.topic.startswith(OVER)
    assert (chat.has_bot, outside.shown, outside.notes) == (True, [chat.id], [chat.url])
    assert len(outside.summaries) == 1
    assert outside.announced[-1].stage == "made"
    numbers = [room.number for room in outside.announced]
    assert numbers == sorted(numbers)


# A step that cannot go on


@pytest.mark.parametrize(
    ("row", "name"),
    [(ADD_PEOPLE, "members"), (INSTALL_APP, "bot"), (SHOW_IN_CHAT, "card"), (NOTE_CHAT, "note")],
    ids=["members", "bot", "card", "note"],
)
async def test_a_step_that_cannot_go_on_is_said_and_stops_no_other(
    client: Client, row: Row, name: str
) -> None:
    outside = FakeActivities()
    outside.breaks(row, ConsentMissing("no consent", code="Some.Permission"))
    async with made(client, outside, timing=PATIENT) as run:
        await run.until_attribute("Attention", "degraded")
        details = await run.details()
        assert f"⚠ {name}: ConsentMissing" in details
        for other in (one for one in (ADD_PEOPLE, INSTALL_APP, NOTE_CHAT) if one is not row):
            assert outside.count(other) == 1
        assert outside.announced[-1].lacks[0].model_dump() == {"step": name, "permission": "Some.Permission"}
        assert outside.count(row) == 1, "people must do something first"


@pytest.mark.parametrize("error", [Forbidden("no"), RequestInvalid("no")], ids=str)
async def test_an_app_that_microsoft_refuses_is_said_on_the_other_cards(
    client: Client, error: OutsideError
) -> None:
    """The chat has no card that could say it, nor who is not in the chat."""
    outside = FakeActivities()
    outside.breaks(INSTALL_APP, error)
    async with made(client, outside, timing=PATIENT):
        await outside.until(lambda: outside.announced != [] and outside.announced[-1].lacks != ())
        told = outside.announced[-1]
        assert told.lacks == (Lack(step="bot"),)
        assert not told.shows_card


@pytest.mark.parametrize(
    ("row", "error"),
    [
        (row, error)
        for row in (SHOW_IN_CHAT, NOTE_CHAT, RENAME_CHAT, SUM_UP)
        for error in (ConsentMissing("no consent", code="A.B"), NotFound("gone"), Forbidden("no"))
        if row is not RENAME_CHAT or not isinstance(error, NotFound)  # that says that the chat is gone
    ],
    ids=str,
)
async def test_a_step_that_cannot_go_on_keeps_no_run_alive(
    client: Client, row: Row, error: OutsideError
) -> None:
    outside = FakeActivities()
    outside.breaks(row, error)
    await _lives(client, outside)
    assert outside.count(row) >= 1


async def test_a_mark_that_cannot_be_set_is_no_matter_once_the_incident_is_open_again(
    client: Client,
) -> None:
    outside = FakeActivities()
    outside.breaks(RENAME_CHAT, ConsentMissing("no consent", code="Chat.ReadWrite.All"))
    held = outside.holds(SUM_UP)
    async with made(client, outside) as run:
        await run.hears(run.life.is_resolved())
        await run.until_attribute("Attention", "degraded")
        await run.hears(run.life.reopens())
        await run.until_attribute("Attention", "ok")
        held.set()
        await outside.until(lambda: bool(outside.summaries) and not outside.announced[-1].lacks)
        await run.is_idle()
    assert [bool(room.lacks) for room in outside.announced] == [False, True, False]


async def test_an_app_whose_id_nobody_knows_is_said_and_not_asked_for_again(client: Client) -> None:
    outside = FakeActivities()
    outside.app_unknown = True
    async with made(client, outside) as run:
        assert outside.announced[-1].app_unknown
        await run.hears(run.life.is_noted("still there"), run.life.is_resolved())
        await run.ends()
    assert outside.count(INSTALL_APP) == 1
    assert (outside.shown, outside.summaries) == ([], [])


# A lost create


async def test_a_chat_whose_answer_was_lost_is_found_and_taken(client: Client) -> None:
    outside = FakeActivities()
    outside.loses(CREATE_CHAT)
    async with made(client, outside, timing=PATIENT):
        pass
    (chat,) = outside.chats
    assert (outside.count(CREATE_CHAT), outside.count(FIND_CHAT)) == (1, 1)
    assert outside.members == {"PUSER01", "PUSER02"}
    assert (outside.shown, outside.notes) == ([chat.id], [chat.url])


async def test_it_is_searched_for_until_it_turns_up(client: Client) -> None:
    outside = FakeActivities()
    outside.loses(CREATE_CHAT)
    outside.fails(FIND_CHAT, DOWN, OutcomeUnknown("lost"))
    async with made(client, outside, timing=PATIENT):
        pass
    assert (outside.count(CREATE_CHAT), len(outside.chats)) == (1, 1)
    assert outside.count(FIND_CHAT) == 3


async def test_a_chat_that_is_not_found_is_unknown_and_not_made_again(client: Client) -> None:
    outside = FakeActivities()
    outside.fails(CREATE_CHAT, OutcomeUnknown("lost on the way"))
    async with running(client, outside) as run:
        answer = await run.ask()
        assert (answer.outcome.kind, answer.outcome.reason) == ("failed", "chat_unknown")
        assert answer.outcome.says == "Incident #42 Checkout latency"
        await run.is_idle()
        assert "**chat unknown**" in await run.details()
        await run.until_attribute("Attention", "ok")
        assert outside.announced[-1].stage == "unknown"
        assert outside.announced[-1].topic == "Incident #42 Checkout latency"
        searches = outside.of(FIND_CHAT)
        assert [one.last for one in searches] == [False] * (len(searches) - 1) + [True]
        assert len(searches) > 2
        assert outside.count(CREATE_CHAT) == 1
        await _begins_anew(run)


async def test_without_the_permission_to_search_it_is_unknown_at_once(client: Client) -> None:
    outside = FakeActivities()
    outside.can_search = False
    outside.loses(CREATE_CHAT)
    async with running(client, outside) as run:
        answer = await run.ask()
        assert (answer.outcome.kind, answer.outcome.reason) == ("failed", "chat_unknown")
        assert (outside.count(CREATE_CHAT), outside.count(FIND_CHAT)) == (1, 1)
        await run.is_idle()
        await _begins_anew(run)


@pytest.mark.parametrize("error", [RequestInvalid("400"), NotFound("the owner left")], ids=str)
async def test_a_search_that_microsoft_refuses_leaves_it_unknown(client: Client, error: OutsideError) -> None:
    outside = FakeActivities()
    outside.loses(CREATE_CHAT)
    outside.fails(FIND_CHAT, error)
    async with running(client, outside) as run:
        answer = await run.ask()
        await run.is_idle()
        assert "**chat unknown**" in await run.details()
        await run.until_attribute("Attention", "ok")
    assert (answer.outcome.kind, answer.outcome.reason) == ("failed", "chat_unknown")
    assert outside.count(CREATE_CHAT) == 1


async def _begins_anew(run: Run) -> None:
    """The next click makes another chat."""
    answer = await run.ask()
    assert answer.outcome.kind == "done"
    await run.is_idle()
    names = [name for name, _ in run.outside.calls]
    assert names.index(BEGIN_ANEW.name) < len(names) - 1 - names[::-1].index(CREATE_CHAT.name)
    assert run.outside.count(BEGIN_ANEW) == 1
    assert run.outside.count(CREATE_CHAT) == 2
    assert run.outside.announced[-1].stage == "made"
    assert run.outside.members == {"PUSER01", "PUSER02"}


async def test_a_run_that_finds_a_chat_being_made_searches_and_makes_none(client: Client) -> None:
    """A worker and its run's end came between the call and its record."""
    outside = FakeActivities()
    outside.loses(CREATE_CHAT)
    held = outside.holds(FIND_CHAT)
    async with running(client, outside) as run:
        await run.hand_over(run.click())
        await outside.until(lambda: outside.count(FIND_CHAT) == 1)
        await run.handle.terminate()
        held.set()
        await run.hears(run.life.is_noted("anybody there?"))
        await outside.until(lambda: bool(outside.notes and outside.shown))
        await run.is_idle()
    assert len(outside.chats) == 1
    assert outside.count(CREATE_CHAT) == 1


async def test_a_run_that_finds_a_chat_being_made_for_long_gives_it_up(client: Client) -> None:
    outside = FakeActivities()
    outside.fails(CREATE_CHAT, OutcomeUnknown("lost on the way"))
    held = outside.holds(FIND_CHAT)
    async with running(client, outside) as run:
        await run.hand_over(run.click())
        await outside.until(lambda: outside.count(FIND_CHAT) == 1)
        await run.handle.terminate()
        held.set()
        await run.hears(run.life.is_noted("anybody there?"))
        await outside.until(lambda: bool(outside.announced))
        await run.is_idle()
        assert outside.announced[-1].stage == "unknown"
    assert outside.count(CREATE_CHAT) == 1


# A chat that is deleted


@pytest.mark.parametrize("row", [ADD_PEOPLE, INSTALL_APP], ids=lambda row: row.name)
async def test_a_chat_that_was_deleted_is_gone_and_the_next_click_makes_another(
    client: Client, row: Row
) -> None:
    outside = FakeActivities()
    outside.fails(row, NotFound("no such chat"))
    async with running(client, outside) as run:
        held = outside.holds(row)
        await run.ask()
        await outside.until(lambda: outside.count(row) == 1)
        outside.delete_chat()
        held.set()
        end = await run.ends()
        assert end.chat == "gone"
        assert outside.announced[-1].stage == "gone"
        answer = await run.ask()
        await run.is_idle()
        assert answer.outcome.kind == "done"
        await run.until_attribute("Attention", "ok")
        assert await run.attribute("TeamsConversation") == outside.chats[1].id
    assert len(outside.chats) == 2
    assert outside.announced[-1].chat == outside.chats[1].id
    assert outside.chats[1].has_bot
