"""Whole lives of personal offers that between them meet every command a run can give.

They are lived with a worker that forgets the run after every step, and their histories are committed
(tests/replay), so that a later version of the code is known to replay them.
"""

from collections.abc import Awaitable, Callable, Mapping

from temporalio.client import Client

from tests.workflows.account_link.outside import FakeActivities
from tests.workflows.account_link.running import BRIEF, LONG, Run
from workflows.account_link.activities import DO_MET_CLICK, MAKE_PERSONAL_OFFER, RESTORE_LINK, SHOW_LINK
from workflows.account_link.messages import Deadlines
from workflows.errors import CardGone, Forbidden, OutcomeUnknown, ProviderUnavailable

Live = Callable[[Run], Awaitable[None]]


async def at_once(run: Run) -> None:
    """Clicked, offered, clicked again and on another card, linked, both done.

    Then unlinked, asked for, told that it has ended, linked.
    """
    await run.clicks()
    await run.shows("link/1", "open")
    await run.clicks(run.met(), run.met(title="#43 Payments", incident_id="Q2"))
    await run.links()
    await run.ends()
    await run.asks()
    await run.ends()
    run.outside.unlink()
    await run.asks()
    await run.shows("link/2", "open")
    await run.asks("ended")
    await run.links()
    await run.ends()


async def too_late(run: Run) -> None:
    """An offer expires and is renewed, and that one expires too."""
    await run.asks()
    await run.ends()
    await run.ask("renew", run.request())
    await run.shows("link/2", "open")
    await run.ends()


async def hampered(run: Run) -> None:
    """Rows, Teams and the incident's run fail in all ways."""
    outside = run.outside
    outside.fails(RESTORE_LINK, ProviderUnavailable("no connection"))
    outside.fails(MAKE_PERSONAL_OFFER, ProviderUnavailable("no connection"))
    outside.fails(SHOW_LINK, OutcomeUnknown("lost"), Forbidden("not installed"))
    await run.asks()
    await run.until_attribute("Attention", "degraded")
    await run.clicks()
    await run.shows("link/2", "open")
    outside.fails(SHOW_LINK, CardGone("deleted"))
    outside.fails(DO_MET_CLICK, OutcomeUnknown("the worker died"))
    await run.links()
    await run.ends()


async def tireless(run: Run) -> None:
    """So often asked for that it goes on in a new run; the server must be an impatient one."""
    await run.clicks(run.met(title="#43 Payments", incident_id="Q2"))
    await run.shows("link/1", "open")
    first = run.runs[0]
    while (await run.handle.describe()).run_id == first:
        await run.asks()
    await run.asks()
    await run.clicks()
    await run.links()
    await run.ends()


LIVES: Mapping[str, Live] = {live.__name__: live for live in (at_once, too_late, hampered)}
LONG_LIVES: Mapping[str, Live] = {tireless.__name__: tireless}
"""Lives for a server on which runs are long very soon."""

_DEADLINES: Mapping[str, Deadlines] = {too_late.__name__: BRIEF}


def deadlines_of(life: Live) -> Deadlines:
    """The deadlines that a life is lived with."""
    return _DEADLINES.get(life.__name__, LONG)


async def live_through(client: Client, *, life: Live) -> Run:
    """Live it to be recorded: the person tells which life it is."""
    run = Run(client, FakeActivities(), deadlines_of(life), person=life.__name__, queue="recorded")
    async with run.working():
        await life(run)
    return run
