"""Whole set-ups that between them meet every command a run can give.

They are lived with a worker that forgets the run after every step, and their histories are committed
(tests/replay), so that a later version of the code is known to replay them.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from temporalio.client import Client

from tests.workflows.team_setup.outside import FakeActivities
from tests.workflows.team_setup.running import ADA, BO, BRIEF, GRACE, LONG, OPS, Run
from workflows.errors import CardGone, Forbidden, OutcomeUnknown, ProviderUnavailable
from workflows.team_setup.activities import READ_ROLES, RESTORE_SETUP, SHOW_NOTICE, Found
from workflows.team_setup.messages import Deadlines, SendRefused

Live = Callable[[Run], Awaitable[None]]

SOON = BRIEF.model_copy(update={"abandoned": 2})


async def aboard(run: Run) -> None:
    """Installed twice, instructions for an Admin, authorized, consented, complete; then a click."""
    await run.is_installed(ADA)
    await run.is_installed(ADA)
    await run.shows("installer/1", ADA, "open")
    await run.clicks("not_admin")
    await run.clicks("authorize", GRACE, offer=run.outside.open_links[0].id)
    await run.shows("admin/1", GRACE, "open")
    await run.is_authorized()
    await run.shows("consent/1", ADA, "open")
    await run.consent_returns()
    await run.outside.until(lambda: run.outside.readings >= 3)
    run.outside.missing = ()
    await run.ends()
    await run.clicks("renew")
    await run.ends()


async def chosen(run: Run) -> None:
    """Several accounts, nobody installed it, a channel is told, and the app is removed and comes back.

    Meanwhile a channel is deleted and restored, and a send is refused.
    """
    run.outside.accounts = ("acme", "umbrella")
    run.outside.channels = (OPS,)
    await run.is_installed(None)
    await run.shows("way-on/1", None, "open")
    await run.clicks("renew", BO)
    await run.shows("installer/1", BO, "choosing")
    await run.clicks("choose_account", BO, account="umbrella")
    await run.shows("installer/1", BO, "open")
    await run.is_authorized()
    await run.shows("consent/1", BO, "open")
    await run.hears(run.event("channelDeleted", BO, channel=OPS))
    await run.shows("life/1", BO, "suspended")
    await run.hears(run.event("channelRestored", BO, channel=OPS))
    await run.shows("life/2", BO, "revived")
    await run.hears(run.event("removed", BO))
    await run.ends()
    await run.is_installed(ADA)
    await run.shows("consent/2", ADA, "open")
    await run.shows("life/4", ADA, "revived")
    run.outside.found = Found(has_app=False, is_there=False)
    await run.signal("send_refused", SendRefused(channel=OPS, at=run.now(), is_certain=False))
    await run.ends()


async def late(run: Run) -> None:
    """A link expires and is renewed, somebody else installs, and nobody goes on."""
    await run.is_installed(ADA)
    await run.shows("installer/1", ADA, "expired")
    await run.clicks("renew")
    await run.shows("installer/2", ADA, "open")
    await run.is_installed(BO)
    await run.shows("installer/3", BO, "expired")
    await run.ends()


async def obstructed(run: Run) -> None:
    """Rows, Teams and Graph fail in all ways, and a refused consent is given in the end."""
    outside = run.outside
    outside.fails(RESTORE_SETUP, ProviderUnavailable("no connection"))
    outside.fails(SHOW_NOTICE, OutcomeUnknown("lost"), Forbidden("not now"))
    await run.is_installed(ADA)
    await run.shows("way-on/1", None, "open")
    await run.clicks("renew", ADA)
    await run.shows("installer/2", ADA, "open")
    outside.fails(SHOW_NOTICE, CardGone("deleted"))
    outside.fails(READ_ROLES, ProviderUnavailable("no token"))
    await run.clicks("not_admin")
    await outside.until(lambda: outside.of("installer/2", "ada")[-1].expanded)
    await run.is_authorized()
    await run.shows("consent/1", ADA, "open")
    await run.consent_returns(refused=True)
    await outside.until(lambda: outside.of("consent/1", "ada")[-1].refused)
    outside.missing = ()
    await run.consent_returns()
    await run.ends()


async def long(run: Run) -> None:
    """So many links are renewed that it goes on in a new run; the server must be an impatient one."""
    await run.is_installed(ADA)
    first = run.runs[0]
    number = 0
    while (await run.handle.describe()).run_id == first:
        number += 1
        person = (ADA, BO)[number % 2]
        await run.clicks("renew", person)
        await run.outside.until(partial(run.outside.was_written_to_last, person.aad_object_id))
    await run.is_authorized()
    run.outside.missing = ()
    await run.consent_returns()
    await run.ends()


LIVES: Mapping[str, Live] = {live.__name__: live for live in (aboard, chosen, late, obstructed)}
LONG_LIVES: Mapping[str, Live] = {long.__name__: long}
"""Lives for a server on which runs are long very soon."""

_DEADLINES: Mapping[str, Deadlines] = {late.__name__: SOON}


def deadlines_of(life: Live) -> Deadlines:
    """The deadlines that a life is lived with."""
    return _DEADLINES.get(life.__name__, LONG)


async def live_through(client: Client, *, life: Live) -> Run:
    """Live it to be recorded: the team's key tells which life it is."""
    run = Run(client, FakeActivities(), deadlines_of(life), key=life.__name__, queue="recorded")
    async with run.working():
        await life(run)
    return run
