"""Whole operations that between them meet every command a run can give.

They are lived with a worker that forgets the run after every step, and their histories are committed
(tests/replay), so that a later version of the code is known to replay them.
"""

from collections.abc import Awaitable, Callable, Mapping

from temporalio.client import Client

from tests.workflows.operation.outside import FakeActivities
from tests.workflows.operation.running import Run
from workflows.errors import RequestInvalid
from workflows.operation.state import Ended

Live = Callable[[Run], Awaitable[None]]

NOTHING = (RequestInvalid("nobody foresaw it"),) * 2
"""Neither the attempt within the task nor the one after it tells what became of it."""
UNKNOWN = Ended(outcome="unknown", reason="OutcomeUnknown", says="Payments/#ops")


async def sent(run: Run) -> None:
    """Asked twice before it is sent, then once more when its run has ended, and by an update."""
    run.outside.goes_on.clear()
    await run.hand_over()
    await run.outside.sending.wait()
    await run.hand_over()
    run.outside.goes_on.set()
    await run.ends()
    await run.does()
    await run.ends()


async def sent_and_lost(run: Run) -> None:
    """Its answer is lost, so that operators find the run."""
    run.outside.ends(UNKNOWN)
    await run.does()
    await run.ends()


async def told_by_its_row(run: Run) -> None:
    """The activity tells nothing, then the row neither."""
    run.outside.ends(*NOTHING)
    await run.does()
    await run.ends()
    run.outside.ends(*NOTHING)
    run.outside.records(RequestInvalid("nor this"))
    await run.hand_over()
    await run.ends()


async def sent_in_task(run: Run) -> None:
    """Sent within the workflow task; once more when its run has ended; and then nobody tells but the row."""
    await run.does()
    await run.ends()
    await run.hand_over()
    await run.ends()
    run.outside.ends(*NOTHING)
    await run.hand_over()
    await run.ends()


LIVES: Mapping[str, Live] = {
    live.__name__: live for live in (sent, sent_and_lost, told_by_its_row, sent_in_task)
}
LONG_LIVES: Mapping[str, Live] = {}
"""A run ends as soon as it is done: it never continues as a new one."""


async def live_through(client: Client, life: Live) -> Run:
    """Live it on a worker of its own; the run that lived it."""
    run = Run(client, FakeActivities())
    async with run.working():
        await life(run)
    return run
