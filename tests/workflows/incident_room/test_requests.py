"""Requests: each click comes to one outcome, and a chat is made once, however many there are."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import Client

from tests.support.life import CY
from tests.workflows.incident_room.calls import Row
from tests.workflows.incident_room.outside import FakeActivities
from tests.workflows.incident_room.running import PATIENT, QUICK, Run, made, running
from workflows.channel_incident.activities import RECORD_CLICKS, TELL_PERSON
from workflows.errors import (
    ConsentMissing,
    Forbidden,
    OutcomeUnknown,
    OutsideError,
    ProviderUnavailable,
    RequestInvalid,
)
from workflows.incident_room.activities import (
    ADMIT,
    BEGIN_ANEW,
    CREATE_CHAT,
    IDENTIFY_PEOPLE,
    RESTORE_ROOM,
)
from workflows.incident_room.messages import AskedByClick, RoomAnswer
from workflows.verbs.outcomes import Outcome

pytestmark = pytest.mark.anyio

NO_CREATE = ConsentMissing("no consent", code="Chat.Create")


def _kinds(*answers: RoomAnswer) -> list[str]:
    return sorted(answer.outcome.kind for answer in answers)


# One chat


@pytest.mark.parametrize("row", [RESTORE_ROOM, ADMIT, IDENTIFY_PEOPLE, CREATE_CHAT], ids=lambda row: row.name)
async def test_of_two_clicks_at_once_one_makes_the_chat_and_both_are_in_it(client: Client, row: Row) -> None:
    outside = FakeActivities()
    held = outside.holds(row)
    async with running(client, outside, timing=PATIENT) as run:
        clicks = asyncio.gather(run.ask(run.click("Ada Ops")), run.ask(run.click("Cy Lead")))
        await outside.until(lambda: outside.count(row) == 1)
        await run.hears(run.life.is_noted("both are there"))
        held.set()
        answers = await clicks
        await run.is_idle()
    assert _kinds(*answers) == ["already", "done"]
    assert {answer.url for answer in answers} == {outside.chats[0].url}
    assert (outside.count(CREATE_CHAT), len(outside.chats)) == (1, 1)
    assert outside.members == {"PUSER01", "PUSER02", "PUSER03"}


async def test_one_click_delivered_by_every_way_is_one_click(client: Client) -> None:
    outside = FakeActivities()
    held = outside.holds(CREATE_CHAT)
    async with running(client, outside, timing=PATIENT) as run:
        click = run.click()
        clicks = asyncio.gather(run.ask(click), run.ask(click))
        await run.hand_over(click)
        await outside.until(lambda: outside.count(CREATE_CHAT) == 1)
        await run.hand_over(click)
        held.set()
        answers = [*await clicks, await run.ask(click)]
        await run.is_idle()
    assert _kinds(*answers) == ["done"] * 3
    assert [outside.count(row) for row in (ADMIT, CREATE_CHAT, RECORD_CLICKS, TELL_PERSON)] == [1, 1, 1, 0]


async def test_a_click_while_there_is_a_chat_finds_it_and_its_person_is_brought_in(client: Client) -> None:
    async with made(client, timing=PATIENT) as run:
        answer = await run.ask(run.click("Cy Lead"))
        await run.outside.until(lambda: "PUSER03" in run.outside.members)
        await run.is_idle()
    assert (answer.outcome.kind, answer.url) == ("already", run.outside.chats[0].url)
    assert run.outside.count(CREATE_CHAT) == 1
    assert [one.outcome.kind for one in run.outside.recorded] == ["done", "already"]


async def test_of_two_clicks_on_an_unknown_chat_one_begins_anew(client: Client) -> None:
    outside = FakeActivities()
    outside.can_search = False
    outside.fails(CREATE_CHAT, OutcomeUnknown("lost"))
    async with running(client, outside, timing=PATIENT) as run:
        await run.ask()
        held = outside.holds(BEGIN_ANEW)
        clicks = asyncio.gather(run.ask(run.click("Ada Ops")), run.ask(run.click("Cy Lead")))
        await outside.until(lambda: outside.count(ADMIT) == 3 and outside.count(BEGIN_ANEW) == 1)
        await run.details()
        held.set()
        answers = await clicks
        await run.is_idle()
    assert _kinds(*answers) == ["already", "done"]
    assert (outside.count(BEGIN_ANEW), len(outside.chats)) == (1, 1)


async def test_an_outcome_that_is_not_recorded_is_answered_all_the_same(client: Client) -> None:
    outside = FakeActivities()
    outside.fails(RECORD_CLICKS, RequestInvalid("nonsense"))
    async with made(client, outside):
        pass
    assert len(outside.chats) == 1


# Nothing is made


async def _refuses(run: Run, asked: AskedByClick) -> Outcome:
    answer = await run.ask(asked)
    end = await run.ends()
    outside = run.outside
    assert (end.chat, answer.url) == ("none", "")
    assert (outside.chats, outside.announced, outside.count(IDENTIFY_PEOPLE)) == ([], [], 0)
    assert outside.recorded[-1].outcome == answer.outcome
    return answer.outcome


async def test_whoever_is_not_linked_makes_nothing(client: Client) -> None:
    async with running(client) as run:
        outcome = await _refuses(run, run.click(link=None))
    assert outcome.kind == "unlinked"
    assert run.outside.count(ADMIT) == 0


async def test_a_click_that_comes_late_makes_nothing(client: Client) -> None:
    async with running(client) as run:
        long_ago = datetime.now(UTC) - timedelta(minutes=6)
        outcome = await _refuses(run, run.click(received_at=long_ago))
    assert outcome.kind == "late"
    assert run.outside.count(ADMIT) == 0


async def test_whom_pagerduty_refuses_makes_nothing(client: Client) -> None:
    outside = FakeActivities()
    outside.refused = Outcome(kind="refused", reason="may_not_write", by="Ada Ops")
    async with running(client, outside) as run:
        assert await _refuses(run, run.click()) == outside.refused


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        (ProviderUnavailable("503"), "failed", "unavailable"),
        (Forbidden("no"), "refused", "forbidden"),
    ],
    ids=["outage", "forbidden"],
)
async def test_where_pagerduty_cannot_be_asked_nothing_is_made(
    client: Client, error: OutsideError, kind: str, reason: str
) -> None:
    outside = FakeActivities()
    outside.fails(ADMIT, error, error)
    async with running(client, outside) as run:
        outcome = await _refuses(run, run.click())
    assert (outcome.kind, outcome.reason) == (kind, reason)


# A chat that cannot be made now


async def test_with_nobody_to_talk_to_there_is_no_chat_until_there_is_somebody(client: Client) -> None:
    outside = FakeActivities()
    outside.absent = {"PUSER02": "no_account"}
    async with running(client, outside) as run:
        answer = await run.ask()
        assert (answer.outcome.kind, answer.outcome.reason) == ("refused", "nobody_to_talk_to")
        assert (await run.ends()).chat == "none"
        again = await run.ask(run.click("Cy Lead"))
        await run.is_idle()
    assert again.outcome.kind == "done"
    assert outside.members == {"PUSER01", "PUSER03"}
    assert [(one.name, one.why) for one in outside.announced[-1].absent] == [("Bo Call", "no_account")]


@pytest.mark.parametrize("row", [CREATE_CHAT, IDENTIFY_PEOPLE], ids=lambda row: row.name)
async def test_without_the_permission_the_click_names_it_and_the_next_tries_again(
    client: Client, row: Row
) -> None:
    outside = FakeActivities()
    outside.fails(row, NO_CREATE)
    async with running(client, outside) as run:
        answer = await run.ask()
        assert answer.outcome == Outcome(kind="refused", reason="not_granted", says="Chat.Create")
        assert (await run.ends()).chat == "none"
        again = await run.ask()
        await run.is_idle()
    assert again.outcome.kind == "done"
    assert (outside.count(row), len(outside.chats)) == (2, 1)


@pytest.mark.parametrize("row", [CREATE_CHAT, IDENTIFY_PEOPLE], ids=lambda row: row.name)
async def test_the_next_click_waits_for_no_back_off_in_a_run_that_goes_on(client: Client, row: Row) -> None:
    """The first click's outcome is still being recorded."""
    outside = FakeActivities()
    outside.fails(row, NO_CREATE)
    held = outside.holds(RECORD_CLICKS)
    async with running(client, outside, timing=PATIENT) as run:
        first = asyncio.create_task(run.ask(run.click("Ada Ops")))
        await outside.until(lambda: outside.count(RECORD_CLICKS) == 1)
        second = asyncio.create_task(run.ask(run.click("Cy Lead")))
        await outside.until(lambda: outside.count(RECORD_CLICKS) == 2)
        held.set()
        answers = (await first, await second)
        await run.is_idle()
        await run.until_attribute("Attention", "ok")
    assert [answer.outcome.kind for answer in answers] == ["refused", "done"]
    assert (len(run.runs), len(outside.chats)) == (1, 1)


async def test_two_clicks_that_wait_together_are_refused_together(client: Client) -> None:
    outside = FakeActivities()
    outside.fails(CREATE_CHAT, NO_CREATE)
    held = outside.holds(CREATE_CHAT)
    async with running(client, outside) as run:
        clicks = asyncio.gather(run.ask(run.click("Ada Ops")), run.ask(run.click("Cy Lead")))
        await outside.until(lambda: outside.count(ADMIT) == 2 and outside.count(CREATE_CHAT) == 1)
        await run.details()
        held.set()
        answers = await clicks
        await run.ends()
    assert {answer.outcome.reason for answer in answers} == {"not_granted"}
    assert outside.chats == []


async def test_what_microsoft_refuses_for_another_reason_is_said(client: Client) -> None:
    outside = FakeActivities()
    outside.fails(CREATE_CHAT, Forbidden("no"))
    async with running(client, outside) as run:
        answer = await run.ask()
        assert (await run.ends()).chat == "none"
    assert answer.outcome == Outcome(kind="failed", reason="not_made", says="Forbidden")


async def test_a_beginning_that_is_refused_leaves_the_chat_unknown(client: Client) -> None:
    outside = FakeActivities()
    outside.can_search = False
    outside.fails(CREATE_CHAT, OutcomeUnknown("lost"))
    outside.fails(BEGIN_ANEW, RequestInvalid("nonsense"))
    async with running(client, outside, timing=PATIENT) as run:
        await run.ask()
        refused = await run.ask()
        assert (refused.outcome.kind, refused.outcome.reason) == ("failed", "not_made")
        assert outside.announced[-1].stage == "unknown"
        answer = await run.ask()
        await run.is_idle()
    assert answer.outcome.kind == "done"
    assert len(outside.chats) == 1


async def test_people_who_cannot_be_searched_for_meanwhile_are_no_reason(client: Client) -> None:
    """Somebody joins while the chat is being made, and PagerDuty does not tell who that is."""
    outside = FakeActivities()
    held = outside.holds(CREATE_CHAT)
    async with running(client, outside, timing=PATIENT) as run:
        asked = asyncio.create_task(run.ask())
        await outside.until(lambda: outside.count(CREATE_CHAT) == 1)
        outside.fails(IDENTIFY_PEOPLE, RequestInvalid("nonsense"))
        await run.hears(run.life.asks_for_help(CY))
        await run.until_attribute("Attention", "degraded")
        held.set()
        answer = await asked
        await run.is_idle()
    assert answer.outcome.kind == "done"


# Nobody hears the answer


async def test_a_success_that_nobody_waited_for_is_silent(client: Client) -> None:
    async with running(client, timing=PATIENT) as run:
        await run.hand_over(run.click())
        await run.outside.until(lambda: bool(run.outside.shown))
        await run.is_idle()
    assert run.outside.informed == []


@pytest.mark.parametrize("row", [CREATE_CHAT, IDENTIFY_PEOPLE], ids=lambda row: row.name)
async def test_a_refusal_that_nobody_waited_for_is_told_privately(client: Client, row: Row) -> None:
    outside = FakeActivities()
    outside.fails(row, NO_CREATE)
    async with running(client, outside) as run:
        click = run.click()
        await run.hand_over(click)
        await run.ends()
    (informed,) = outside.informed
    assert informed.click == click.click
    assert informed.outcome == Outcome(kind="refused", reason="not_granted", says="Chat.Create")


async def test_one_click_handed_over_again_and_again_is_told_once(client: Client) -> None:
    async with made(client, timing=PATIENT) as run:
        outside = run.outside
        outside.refused = Outcome(kind="refused", reason="forbidden", by="Cy Lead")
        held = outside.holds(ADMIT)
        click = run.click("Cy Lead")
        await run.hand_over(click)
        await run.hand_over(click)
        held.set()
        await outside.until(lambda: bool(outside.informed))
        await run.is_idle()
        await run.hand_over(click)
        await run.is_idle()
        await run.details()
    assert (outside.count(TELL_PERSON), outside.count(ADMIT)) == (1, 2)


async def test_a_failure_whose_answer_came_too_late_is_told(client: Client) -> None:
    async with made(client, timing=PATIENT) as run:
        outside = run.outside
        outside.refused = Outcome(kind="refused", reason="forbidden", by="Cy Lead")
        click = run.click("Cy Lead")
        assert (await run.ask(click)).outcome == outside.refused
        await run.hand_over(click)
        await outside.until(lambda: bool(outside.informed))
        await run.is_idle()
    assert outside.count(ADMIT) == 2


async def test_somebody_who_could_not_be_told_is_told_later(client: Client) -> None:
    outside = FakeActivities()
    outside.fails(CREATE_CHAT, NO_CREATE)
    outside.fails(TELL_PERSON, ProviderUnavailable("503"))
    async with running(client, outside) as run:
        await run.hand_over(run.click())
        await run.ends()
    assert len(outside.informed) == 1


@pytest.mark.parametrize("error", [OutcomeUnknown("lost"), Forbidden("blocked")], ids=str)
async def test_what_may_have_been_told_is_not_told_again(client: Client, error: OutsideError) -> None:
    outside = FakeActivities()
    outside.fails(CREATE_CHAT, NO_CREATE)
    outside.fails(TELL_PERSON, error)
    async with running(client, outside) as run:
        await run.hand_over(run.click())
        await run.ends()
    assert outside.count(TELL_PERSON) == 1


@pytest.mark.parametrize(
    ("after", "is_clicked_anew", "again"),
    [(60.0, False, "failed"), (60.0, True, "already"), (0.0, False, "already")],
    ids=["the same delivery", "clicked after the refusal", "a while later"],
)
async def test_a_click_that_was_refused_is_another_try_afterwards(
    client: Client, after: float, *, is_clicked_anew: bool, again: str
) -> None:
    """Nothing draws its button anew: the same key comes back."""
    outside = FakeActivities()
    async with running(client, outside, timing=QUICK.model_copy(update={"repeats_after": after})) as run:
        await run.ask()
        await run.is_idle()
        outside.fails(ADMIT, ProviderUnavailable("away"), ProviderUnavailable("away"))
        refused = run.click("Cy Lead")
        first = await run.ask(refused)
        second = await run.ask(run.click("Cy Lead", key=refused.click.key) if is_clicked_anew else refused)
        await run.is_idle()
    assert (first.outcome.kind, second.outcome.kind) == ("failed", again)
    assert len(outside.chats) == 1
