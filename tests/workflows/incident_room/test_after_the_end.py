"""After the resolve: a summary, a mark, the end; and what comes later repeats nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import Client

from tests.support.life import ADA, BO, CY, under_another_id
from tests.workflows.incident_room.outside import OVER, FakeActivities
from tests.workflows.incident_room.running import PATIENT, Run, made, running
from workflows.channel_incident.activities import READ_DETAILS, RESTORE_INCIDENT
from workflows.errors import (
    BotRemoved,
    ConsentMissing,
    NotFound,
    OutsideError,
    ProviderUnavailable,
    RateLimited,
)
from workflows.incident_room.activities import (
    ADD_PEOPLE,
    ANNOUNCE,
    CREATE_CHAT,
    IDENTIFY_PEOPLE,
    INSTALL_APP,
    NOTE_CHAT,
    RENAME_CHAT,
    RESTORE_ROOM,
    SHOW_IN_CHAT,
    SUM_UP,
)

pytestmark = pytest.mark.anyio

DOWN = ProviderUnavailable("503")
RESTORING = {RESTORE_ROOM.name, RESTORE_INCIDENT.name, READ_DETAILS.name}
TOPIC = "Incident #42 Checkout latency"


async def _is_over(run: Run) -> None:
    await run.hears(run.life.is_resolved(by=BO))
    await run.ends()


def _since(outside: FakeActivities, number: int) -> set[str]:
    """What was called since then, without the reads of a new run."""
    return {name for name, _ in outside.calls[number:]} - RESTORING


# The end


async def test_a_resolved_incident_is_summed_up_once_and_its_chat_is_marked(client: Client) -> None:
    async with made(client) as run:
        await run.hears(run.life.is_noted("it is the database"))
        await _is_over(run)
    (summary,) = run.outside.summaries
    resolved_at = run.life.status_at.replace(microsecond=0)
    assert (summary.resolved_at, summary.resolved_by) == (resolved_at, "Bo Call")
    assert (summary.notes, summary.people, summary.number) == (1, 2, 42)
    assert summary.opened_at == run.life.created.replace(microsecond=0)
    assert run.outside.chats[0].topic == f"{OVER}{TOPIC}"


async def test_before_the_grace_has_passed_a_resolve_changes_nothing(client: Client) -> None:
    async with made(client, timing=PATIENT) as run:
        await run.hears(run.life.is_resolved())
        await run.details()
        timers = [timer.summary for timer in (await run.timeline()).timers]
        assert timers[-1] == "until it is summed up"
        await run.hears(run.life.reopens())
        await run.details()
        assert "until it is summed up" in (await run.timeline()).cut_short
    assert (run.outside.count(SUM_UP), run.outside.count(RENAME_CHAT)) == (0, 0)


async def test_a_pagerduty_whose_clock_is_ahead_delays_nothing(client: Client) -> None:
    async with made(client) as run:
        resolved = run.life.is_resolved(by=BO)
        ahead = resolved.occurred_at + timedelta(hours=1)
        await run.hears(resolved.model_copy(update={"occurred_at": ahead}))
        await run.ends()
    (summary,) = run.outside.summaries
    assert summary.resolved_at == ahead.replace(microsecond=0), "as PagerDuty tells it"


async def test_a_reopening_takes_the_mark_away_and_each_resolve_is_summed_up(client: Client) -> None:
    async with made(client) as run:
        outside = run.outside
        held = outside.holds(RENAME_CHAT)
        await run.hears(run.life.is_resolved())
        await outside.until(lambda: outside.count(RENAME_CHAT) == 1)
        await run.hears(run.life.reopens())
        held.set()
        await outside.until(lambda: outside.count(RENAME_CHAT) == 2)
        await run.is_idle()
        assert outside.chats[0].topic == TOPIC
        await _is_over(run)
    assert [one.is_over for one in outside.of(RENAME_CHAT)] == [True, False, True]
    assert len({one.resolved_at for one in outside.summaries}) == 2


async def test_a_resolve_that_is_told_twice_is_summed_up_once(client: Client) -> None:
    async with made(client) as run:
        resolved = run.life.is_resolved()
        await run.hears(resolved, under_another_id(resolved))
        await run.ends()
        await run.hears(under_another_id(resolved))
        await run.ends()
    assert run.outside.count(SUM_UP) == 1


async def test_a_summary_that_may_have_been_said_is_not_said_again(client: Client) -> None:
    outside = FakeActivities()
    outside.loses(SUM_UP)
    async with made(client, outside) as run:
        await _is_over(run)
    assert (outside.count(SUM_UP), len(outside.summaries)) == (2, 1)


@pytest.mark.parametrize("error", [DOWN, RateLimited("429", retry_after=0.2)], ids=str)
async def test_a_summary_that_was_not_said_is_said_later(client: Client, error: OutsideError) -> None:
    outside = FakeActivities()
    outside.fails(SUM_UP, error)
    async with made(client, outside) as run:
        await _is_over(run)
    assert (outside.count(SUM_UP), len(outside.summaries)) == (2, 1)


async def test_a_chat_that_nobody_can_write_into_keeps_no_run_alive(client: Client) -> None:
    outside = FakeActivities()
    outside.breaks(SUM_UP, BotRemoved("not in it"))
    async with made(client, outside) as run:
        await _is_over(run)
    assert outside.count(SUM_UP) == 1


async def test_the_chat_of_a_resolved_incident_is_made_and_summed_up(client: Client) -> None:
    async with running(client) as run:
        run.life.set_status("resolved", by=BO)
        answer = await run.ask()
        end = await run.ends()
    assert (answer.outcome.kind, end.chat, end.people) == ("done", "made", 2)
    assert len(run.outside.summaries) == 1
    assert run.outside.chats[0].topic == f"{OVER}{TOPIC}"


async def test_a_resolve_whose_event_never_came_is_read_and_summed_up(client: Client) -> None:
    async with made(client) as run:
        await run.hears(run.life.becomes("priority_updated", "resolved", agent=BO))
        await run.ends()
    (summary,) = run.outside.summaries
    assert summary.resolved_by == "Bo Call"
    assert run.outside.count(READ_DETAILS) == 1


async def test_two_answers_that_contradict_each_other_are_read_once_more(client: Client) -> None:
    """REST tells the second of a change, and an event of that very second tells otherwise."""
    async with made(client, timing=PATIENT) as run:
        outside, life = run.outside, run.life
        await run.hears(life.is_acknowledged())
        life.status = "triggered"
        await run.ask(run.click("Cy Lead"))
        await outside.until(lambda: outside.count(READ_DETAILS) == 1)
        await run.until_attribute("IncidentStatus", "triggered")
        await run.is_idle()
    assert outside.count(READ_DETAILS) == 1


# Later runs


async def test_a_later_event_repeats_nothing(client: Client) -> None:
    async with made(client) as run:
        outside = run.outside
        await _is_over(run)
        for _ in range(2):
            before = len(outside.calls)
            await run.hears(run.life.is_noted("post-mortem on Monday"))
            end = await run.ends()
            assert (end.chat, end.people) == ("made", 2)
            assert _since(outside, before) == set()
    assert len(run.runs) == 3


async def test_a_later_run_tells_the_cards_nothing_that_they_know(client: Client) -> None:
    """Who is absent, that a permission is lacking, that nobody knows the app's id."""
    outside = FakeActivities()
    outside.absent = {CY.id: "no_account"}
    outside.app_unknown = True
    outside.breaks(NOTE_CHAT, ConsentMissing("no consent", code="A.B"))
    async with made(client, outside) as run:
        await run.hears(run.life.asks_for_help(CY))
        await outside.until(lambda: bool(outside.announced[-1].absent))
        await _is_over(run)
        before, announced = len(outside.calls), len(outside.announced)
        await run.hears(run.life.is_noted("post-mortem on Monday"))
        await run.ends()
        assert _since(outside, before) <= {INSTALL_APP.name, NOTE_CHAT.name}
        outside.recovers(NOTE_CHAT)
        await run.hears(run.life.reopens())
        await outside.until(lambda: bool(outside.notes) and not outside.announced[-1].lacks)
        await run.is_idle()
    assert len(outside.announced) == announced + 1
    last = outside.announced[-1]
    assert (last.number, last.app_unknown, last.absent_count) == (outside.announced[-2].number + 1, True, 1)


async def test_who_left_on_their_own_account_is_not_brought_back_by_a_later_run(client: Client) -> None:
    async with made(client) as run:
        outside = run.outside
        await _is_over(run)
        outside.members.discard(BO.id)
        await run.hears(run.life.reopens())
        await outside.until(lambda: outside.count(RENAME_CHAT) == 2)
        await run.is_idle()
    assert (outside.members, outside.count(ADD_PEOPLE)) == ({ADA.id}, 1)


async def test_a_reopening_after_the_end_takes_the_mark_away_and_goes_on(client: Client) -> None:
    async with made(client) as run:
        outside = run.outside
        await _is_over(run)
        await run.hears(run.life.reopens(), run.life.asks_for_help(CY))
        await outside.until(lambda: CY.id in outside.members and outside.chats[0].topic == TOPIC)
        await _is_over(run)
    assert len(outside.summaries) == 2
    assert [outside.count(row) for row in (CREATE_CHAT, INSTALL_APP, SHOW_IN_CHAT, NOTE_CHAT)] == [1] * 4


async def test_a_later_click_finds_the_chat(client: Client) -> None:
    async with made(client) as run:
        await _is_over(run)
        answer = await run.ask()
        await run.ends()
    assert (answer.outcome.kind, answer.url) == ("already", run.outside.chats[0].url)
    assert run.outside.count(CREATE_CHAT) == 1


async def test_the_mark_stays_while_it_is_not_known_how_the_incident_stands(client: Client) -> None:
    async with made(client) as run:
        outside = run.outside
        await _is_over(run)
        outside.fails(RESTORE_INCIDENT, DOWN)
        outside.fails(READ_DETAILS, DOWN)
        await run.hears(run.life.is_noted("post-mortem on Monday"))
        await run.ends()
    assert (outside.count(READ_DETAILS), outside.count(RENAME_CHAT), outside.count(SUM_UP)) == (2, 1, 1)


async def test_a_run_whose_incident_pagerduty_does_not_know_ends(client: Client) -> None:
    async with made(client) as run:
        outside = run.outside
        await _is_over(run)
        outside.breaks(RESTORE_INCIDENT, NotFound("404"))
        outside.breaks(READ_DETAILS, NotFound("404"))
        await run.hears(run.life.is_noted("post-mortem on Monday"))
        end = await run.ends()
    assert end.chat == "made"
    assert (outside.count(RENAME_CHAT), outside.count(SUM_UP)) == (1, 1)


async def test_the_row_is_read_however_long_that_takes(client: Client) -> None:
    async with made(client) as run:
        outside = run.outside
        await _is_over(run)
        outside.fails(RESTORE_ROOM, NotFound("odd"), NotFound("odd"))
        answer = await run.ask()
        await run.ends()
    assert answer.outcome.kind == "already"
    assert outside.count(CREATE_CHAT) == 1


async def test_an_event_of_an_incident_without_a_room_ends_at_once(client: Client) -> None:
    async with running(client) as run:
        await run.hears(run.life.triggers(), run.life.asks_for_help(CY))
        end = await run.ends()
    assert (end.chat, end.people) == ("none", 0)
    assert _since(run.outside, 0) == set()


async def test_what_was_heard_before_the_row_was_read_is_not_forgotten(client: Client) -> None:
    async with made(client) as run:
        outside = run.outside
        await _is_over(run)
        held = outside.holds(RESTORE_ROOM)
        await run.hears(run.life.reopens(), run.life.asks_for_help(CY))
        await outside.until(lambda: outside.count(RESTORE_ROOM) == 2)
        held.set()
        await outside.until(lambda: CY.id in outside.members)
        await run.is_idle()
    assert outside.members == {ADA.id, BO.id, CY.id}
    assert outside.count(IDENTIFY_PEOPLE) == 2


async def test_the_chat_is_that_of_the_rows_tenant_whoever_starts_the_run(client: Client) -> None:
    async with made(client) as run:
        outside = run.outside
        await _is_over(run)
        run.start = run.start.model_copy(update={"tenant": "another"})
        await run.hears(run.life.reopens())
        await outside.until(lambda: outside.count(RENAME_CHAT) == 2)
        await run.is_idle()
    assert {argument.tenant for name, argument in outside.calls if name == RENAME_CHAT.name} == {"tenant"}
    assert outside.count(ANNOUNCE) == 1


async def test_a_summary_waits_for_the_grace(client: Client) -> None:
    """Of an incident that was resolved a moment ago."""
    async with made(client) as run:
        run.life.now = datetime.now(UTC) - timedelta(seconds=0.5)
        await run.hears(run.life.is_resolved())
        await run.ends()
        timers = (await run.timeline()).timers
    (grace,) = (timer for timer in timers if timer.summary == "until it is summed up")
    assert 0 < grace.seconds < 1
