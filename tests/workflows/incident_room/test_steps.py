"""A step that goes wrong, or whose worker is killed, at any moment: one chat, everybody once, one note."""

from collections import Counter

import pytest
from temporalio.client import Client

from tests.workflows.incident_room.calls import Moment
from tests.workflows.incident_room.cutting_off import FAULTS, KILLS, are_missed_soon, beside_each_other
from tests.workflows.incident_room.outside import OVER, FakeActivities
from tests.workflows.incident_room.running import NO_CACHE, Run, running
from tests.workflows.incident_room.steps import STEPS, Step
from workflows.channel_incident.activities import TELL_PERSON
from workflows.errors import OutsideError
from workflows.incident_room.activities import (
    ADD_PEOPLE,
    ANNOUNCE,
    INSTALL_APP,
    NOTE_CHAT,
    SUM_UP,
)
from workflows.verbs.outcomes import Outcome

pytestmark = pytest.mark.anyio

every_step = pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)


@pytest.mark.soak
@every_step
async def test_a_step_that_goes_wrong_at_any_moment_is_done_once(client: Client, step: Step) -> None:
    async def live(moment: Moment, error: OutsideError) -> None:
        outside = FakeActivities()
        async with running(client, outside, policy=step.policy) as run:
            await step.live(run, lambda: outside.fails(step.row, error, at=moment))
            await _is_over(run)
        _is_all_there_once(outside, step)

    await beside_each_other(live, FAULTS)


@pytest.mark.soak
@every_step
async def test_a_step_whose_worker_is_killed_at_any_moment_is_done_once(
    client: Client, monkeypatch: pytest.MonkeyPatch, step: Step
) -> None:
    """The next worker knows the run by its history alone."""
    are_missed_soon(monkeypatch, step.row)

    async def live(moment: Moment) -> None:
        outside = FakeActivities()
        async with running(client, outside, policy=step.policy, cached=NO_CACHE) as run:
            await step.live(run, lambda: outside.dies(step.row, moment))
            await _is_over(run)
        _is_all_there_once(outside, step)

    await beside_each_other(live, KILLS)


@pytest.mark.soak
async def test_a_worker_that_is_killed_in_the_middle_of_all_steps_leaves_each_done_once(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = (ADD_PEOPLE, INSTALL_APP, NOTE_CHAT, ANNOUNCE)
    are_missed_soon(monkeypatch, *steps)

    async def live(moment: Moment) -> None:
        outside = FakeActivities()
        for row in steps:
            outside.dies(row, moment)
        async with running(client, outside, cached=NO_CACHE) as run:
            assert (await run.ask()).outcome.kind == "done"
            await _is_over(run)
        _is_all_there_once(outside, STEPS["create"])

    await beside_each_other(live, KILLS)


@pytest.mark.soak
async def test_a_summary_whose_worker_is_killed_is_said_at_most_once(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And it is said: whether it may have been, its row knows."""
    are_missed_soon(monkeypatch, SUM_UP)

    async def live(moment: Moment) -> None:
        outside = FakeActivities()
        outside.dies(SUM_UP, moment)
        async with running(client, outside, cached=NO_CACHE) as run:
            await run.ask()
            await _is_over(run)
            await run.hears(run.life.is_noted("post-mortem on Monday"))
            await run.ends()
        assert len(outside.summaries) == 1

    await beside_each_other(live, KILLS)


@pytest.mark.soak
async def test_a_private_message_whose_worker_is_killed_is_told_at_most_once(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    are_missed_soon(monkeypatch, TELL_PERSON)

    async def live(moment: Moment) -> None:
        outside = FakeActivities()
        outside.refused = Outcome(kind="refused", reason="forbidden", by="Ada Ops")
        outside.dies(TELL_PERSON, moment)
        async with running(client, outside, cached=NO_CACHE) as run:
            await run.hand_over(run.click())
            await run.ends()
        assert len(outside.informed) == (moment != "before the send")

    await beside_each_other(live, KILLS)


async def _is_over(run: Run) -> None:
    await run.hears(run.life.is_resolved())
    end = await run.ends()
    assert (end.chat, end.people) == ("made", len(run.outside.members))


def _is_all_there_once(outside: FakeActivities, step: Step) -> None:
    (chat,) = outside.chats
    assert (sorted(chat.joined), sorted(chat.removed)) == (sorted(step.joined), sorted(step.removed))
    assert (chat.has_bot, outside.shown, outside.notes) == (True, [chat.id], [chat.url])
    assert chat.topic == f"{OVER}Incident #42 Checkout latency"
    assert len(outside.summaries) == 1
    assert max(Counter(one.key for one in outside.recorded).values(), default=1) == 1
    assert outside.announced[-1].stage == "made"
    numbers = [room.number for room in outside.announced]
    assert numbers == sorted(numbers)
