"""Whole runs that between them meet every command a run can give.

They are lived with a worker that forgets the run after every step, and their histories are committed
(tests/replay), so that a later version of the code is known to replay them.
"""

from collections.abc import Awaitable, Callable, Mapping

from temporalio.client import Client

from tests.workflows.upkeep.outside import FakeActivities
from tests.workflows.upkeep.running import Run
from workflows.errors import CredentialRejected, Forbidden, NotFound, ProviderUnavailable, RequestInvalid
from workflows.subscription.activities import (
    INSPECT_SUBSCRIPTION,
    Converged,
    Inspected,
)
from workflows.upkeep import activities as rows
from workflows.upkeep.activities import Forgotten, Missed, Progress

Live = Callable[[Run], Awaitable[None]]

GONE = Missed(link=7, where="acme", who="PGONE")
LEFT = Missed(link=8, where="tenant", who="left")


async def kept(run: Run) -> None:
    """A subscription that was deleted, several batches, a rate limit, people who are gone, old rows."""
    outside = run.outside
    outside.gives(
        INSPECT_SUBSCRIPTION,
        ProviderUnavailable("its answer was lost", retry_after=0.05),
        Inspected(
            found=("deleted",),
            converged=Converged(state="subscribed", again_in=0.05, waits_for="late_creation"),
        ),
        Inspected(found=("disabled",), converged=Converged(state="subscribed")),
    )
    outside.gives(
        rows.REFRESH_LINKS,
        Progress(after=50, examined=50, done=49, ended=1),
        Progress(after=60, examined=10, done=10, stopped="RateLimited", retry_after=0.2),
        Progress(after=61, examined=1, done=1, is_last=True),
    )
    outside.gives(rows.TELL_OF_YEAR, Progress(after=9, examined=1, done=1, is_last=True))
    outside.gives(
        rows.FIND_USERS,
        Progress(after=7, examined=2, missed=(GONE,)),
        Progress(after=9, examined=1, found_in=("acme",), is_last=True),
    )
    outside.gives(rows.END_LINKS_OF_USERS, Progress(after=7, examined=1, done=1, is_last=True))
    outside.gives(
        rows.FIND_PEOPLE,
        Progress(after=9, examined=3, missed=(LEFT,), found_in=("tenant",), is_last=True),
    )
    outside.gives(rows.END_LINKS_OF_PEOPLE, Progress(after=8, examined=1, done=1, is_last=True))
    outside.gives(
        rows.FORGET_TEAMS,
        Forgotten(after="19:b", examined=20, forgotten=19, left_out=("team ops",)),
        Forgotten(after="19:d", examined=2, forgotten=2, is_last=True),
    )
    outside.gives(
        rows.FORGET_CHATS,
        Forgotten(after="19:f", examined=20, forgotten=20),
        Forgotten(after="19:f", is_last=True),
    )
    outside.gives(rows.TELL_OF_ENDS, Progress(after=1, examined=1, done=1, is_last=True))
    outside.gives(rows.DELETE_OLD_ROWS, Progress(after=0, done=12, is_last=True))
    await run.ends()


async def hindered(run: Run) -> None:
    """Every stage fails in its own way, and the run ends all the same."""
    outside = run.outside
    outside.gives(INSPECT_SUBSCRIPTION, RequestInvalid("there are ten", code="2019"))
    outside.gives(rows.READ_PAGERDUTY_TIME, RequestInvalid("no such account"))
    outside.gives(rows.FIND_USERS, Progress(after=7, examined=1, missed=(GONE,), is_last=True))
    outside.gives(rows.END_LINKS_OF_USERS, Forbidden("no scope"))
    outside.gives(rows.FIND_PEOPLE, Progress(after=4, examined=4, stopped="ProviderUnavailable"))
    outside.gives(rows.FORGET_TEAMS, RequestInvalid("no"))
    outside.gives(rows.FORGET_CHATS, RequestInvalid("no"))
    outside.gives(rows.TELL_OF_ENDS, CredentialRejected("401"))
    outside.gives(rows.DELETE_OLD_ROWS, NotFound("404"))
    await run.ends()


LIVES: Mapping[str, Live] = {live.__name__: live for live in (kept, hindered)}
LONG_LIVES: Mapping[str, Live] = {}
"""A run of upkeep is short: it never continues as a new one."""


async def live_through(client: Client, life: Live) -> Run:
    """Live it on a worker of its own; the run that lived it."""
    run = Run(client, FakeActivities())
    async with run.working():
        await life(run)
    return run
