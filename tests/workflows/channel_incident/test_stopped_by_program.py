"""The card of what a program does not have followed any more: its last state, and then nothing more."""

from datetime import UTC, datetime

import pytest
from temporalio.client import Client

from tests.workflows.channel_incident.running import Run, running, shown
from workflows.channel_incident.messages import Followed
from workflows.channel_incident.workflow_type import END_CARD, FOLLOW
from workflows.following import Following, Stopped

pytestmark = pytest.mark.anyio

SPEAKER = "Ada Ops through PagerDuty workflows"
STOPPED = Stopped(by=SPEAKER, at=datetime(2026, 1, 1, 10, 8, tzinfo=UTC))


def followed(number: int = 1) -> Following:
    return Following(number=number, by=SPEAKER)


def ended(number: int = 1) -> Following:
    return followed(number).model_copy(update={"stopped": STOPPED})


async def is_followed(run: Run, number: int = 1) -> None:
    told = Followed(by=SPEAKER, following=followed(number), is_open=True, correlation="api:1")
    await run.signal(FOLLOW.name, told)


async def test_it_shows_its_last_state_and_its_run_ends(client: Client) -> None:
    async with shown(client) as run:
        await is_followed(run)
        await run.signal(END_CARD.name, ended())
        assert (await run.ends()).status == "stopped"
        details = await run.details()
    view = run.outside.shown[-1].view
    assert (view.verbs, view.stopped) == ((), STOPPED)
    assert f"| not followed any more | {SPEAKER} |" in details


async def test_one_that_comes_late_stops_nothing_that_has_begun_anew(client: Client) -> None:
    async with shown(client) as run:
        await is_followed(run, 2)
        await run.signal(END_CARD.name, ended(1))
        await run.hears(run.life.is_acknowledged())
        await run.is_idle()
    view = run.outside.shown[-1].view
    assert (view.status, view.stopped) == ("acknowledged", None)


async def test_before_anything_is_shown_nothing_is(client: Client) -> None:
    async with running(client) as run:
        run.outside.following = ended()
        await run.signal(END_CARD.name, ended())
        assert (await run.ends()).status == "stopped"
    assert run.outside.shown == []
