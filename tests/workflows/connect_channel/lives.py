"""Whole lives of connections that between them meet every command a run can give.

They are lived with a worker that forgets the run after every step, and their histories are committed
(tests/replay), so that a later version of the code is known to replay them.
"""

from collections.abc import Awaitable, Callable, Mapping

from temporalio.client import Client

from tests.workflows.connect_channel.outside import FakeActivities
from tests.workflows.connect_channel.running import BEN, BRIEF, PATIENT, Run
from workflows.bringing_in.activities import BRING_IN, COUNT_OPEN, OpenIncidents
from workflows.connect_channel.activities import (
    READ_RIGHTS,
    RECORD_CONNECTION,
    RESTORE_CONNECTION,
    SHOW_CONNECTION,
)
from workflows.connect_channel.messages import Deadlines
from workflows.errors import CardGone, OutcomeUnknown, ProviderUnavailable, RequestInvalid
from workflows.subscription.activities import CONVERGE_SUBSCRIPTION

Live = Callable[[Run], Awaitable[None]]


async def connected_anew(run: Run) -> None:
    """Connected, connected again, disconnected by somebody else, and connected anew."""
    await run.connects(message="17")
    await run.ends()
    await run.connects(BEN)
    await run.ends()
    await run.disconnects(BEN)
    await run.ends()
    await run.connects(BEN)
    await run.ends()


async def told_late(run: Run) -> None:
    """Rows, PagerDuty and Teams fail in all ways, and the channel is told that it takes longer."""
    outside = run.outside
    outside.fails(RESTORE_CONNECTION, ProviderUnavailable("no connection"))
    outside.fails(READ_RIGHTS, RequestInvalid("an odd answer"))
    await run.connects()
    await run.ends()
    outside.fails(RECORD_CONNECTION, ProviderUnavailable("no connection"))
    outside.breaks(CONVERGE_SUBSCRIPTION, ProviderUnavailable("503"))
    outside.fails(SHOW_CONNECTION, CardGone("deleted"))
    await run.connects(message="17")
    await run.shows("connection/7", "late")
    outside.fails(READ_RIGHTS, RequestInvalid("an odd answer"))
    await run.hand_over("disconnect", run.asked(BEN))
    await outside.until(lambda: bool(outside.told))
    outside.recovers(CONVERGE_SUBSCRIPTION)
    outside.fails(SHOW_CONNECTION, OutcomeUnknown("lost"))
    await run.disconnects()
    await run.ends()


async def brought_in(run: Run) -> None:
    """Open incidents are offered with a number and without, and brought in now, later and not at all."""
    outside = run.outside
    outside.open = OpenIncidents(count=3)
    await run.connects(message="17")
    await run.ends()
    outside.fails(BRING_IN, ProviderUnavailable("503"))
    await run.brings_in(BEN)
    await run.ends()
    await run.disconnects()
    await run.brings_in()
    await run.ends()
    outside.fails(COUNT_OPEN, ProviderUnavailable("503"))
    await run.connects()
    await run.ends()
    outside.fails(BRING_IN, RequestInvalid("an odd answer"))
    await run.brings_in()
    await run.ends()
    outside.gone = True
    await run.brings_in()
    await run.ends()


async def always_changed(run: Run) -> None:
    """Changed so often while PagerDuty is away that it goes on in a new run; the server is impatient."""
    run.outside.breaks(CONVERGE_SUBSCRIPTION, ProviderUnavailable("503"))
    await run.connects(message="17")
    first = run.runs[0]
    while (await run.handle.describe()).run_id == first:
        await run.connects(BEN)
    await run.disconnects()
    run.outside.recovers(CONVERGE_SUBSCRIPTION)
    await run.ends()


LIVES: Mapping[str, Live] = {live.__name__: live for live in (connected_anew, told_late, brought_in)}
LONG_LIVES: Mapping[str, Live] = {always_changed.__name__: always_changed}
"""Lives for a server on which runs are long very soon."""

_DEADLINES: Mapping[str, Deadlines] = {told_late.__name__: BRIEF}


def deadlines_of(life: Live) -> Deadlines:
    """The deadlines that a life is lived with."""
    return _DEADLINES.get(life.__name__, PATIENT)


async def live_through(client: Client, *, life: Live) -> Run:
    """Live it to be recorded: the channel tells which life it is."""
    run = Run(client, FakeActivities(), deadlines_of(life), key=life.__name__, queue="recorded")
    async with run.working():
        await life(run)
    return run
