"""The consent: asked for where something is missing, read after every return, believed from a token alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from temporalio.client import Client

from tests.workflows.team_setup.outside import MISSING, FakeActivities
from tests.workflows.team_setup.running import ADA, GRACE, LONG, Run, running
from workflows.errors import CredentialRejected, ProviderUnavailable
from workflows.team_setup.activities import READ_ROLES
from workflows.team_setup.consent import waits_of
from workflows.team_setup.messages import ConsentReturned, Deadlines

pytestmark = pytest.mark.anyio

READINGS = len(waits_of(LONG))


@asynccontextmanager
async def asked(client: Client, outside: FakeActivities | None = None) -> AsyncIterator[Run]:
    """The consent is asked for."""
    async with running(client, outside) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        await run.is_authorized()
        await run.shows("consent/1", ADA, "open")
        await run.shows("welcome/1", None, "open")
        await run.is_idle()
        yield run


def test_roles_are_read_often_at_first_then_each_minute_then_each_hour() -> None:
    waits = waits_of(Deadlines())
    assert waits[:6] == (0, 2, 5, 10, 20, 40)
    assert waits[6:21] == (60,) * 15
    assert waits[21:] == (3600,) * 24


async def test_what_is_missing_is_said_and_read_again_until_it_is_there(client: Client) -> None:
    async with asked(client) as run:
        run.outside.missing = ("Chat.Create",)
        await run.consent_returns()
        await run.outside.until(lambda: run.outside.of("consent/1", "ada")[-1].missing == ("Chat.Create",))
        assert run.outside.of("consent/1", "ada")[-1].reading
        run.outside.missing = ()
        assert await run.ends() == "complete"
        summaries = [waited.summary for waited in (await run.timeline()).timers]
        assert "until reading 2 of the granted roles" in summaries


async def test_readings_end_and_the_button_stays(client: Client) -> None:
    async with asked(client) as run:
        before = run.outside.readings
        await run.consent_returns()
        await run.outside.until(lambda: run.outside.readings == before + READINGS)
        await run.outside.until(lambda: not run.outside.of("consent/1", "ada")[-1].reading)
        view = run.outside.of("consent/1", "ada")[-1]
        assert (view.showing, view.missing) == ("open", MISSING)
        run.outside.missing = ()
        await run.consent_returns()
        assert await run.ends() == "complete"


async def test_a_second_return_reads_at_once(client: Client) -> None:
    slow = LONG.model_copy(update={"role_reads": (0, 3600)})
    async with running(client, deadlines=slow) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        await run.is_authorized()
        await run.shows("consent/1", ADA, "open")
        before = run.outside.readings
        await run.consent_returns()
        await run.outside.until(lambda: run.outside.readings == before + 1)
        await run.is_idle()
        run.outside.missing = ()
        await run.consent_returns()
        assert await run.ends() == "complete"


async def test_a_refusal_is_said_and_reads_nothing(client: Client) -> None:
    async with asked(client) as run:
        before = run.outside.readings
        assert await run.consent_returns(refused=True) == "done"
        await run.outside.until(lambda: run.outside.of("consent/1", "ada")[-1].refused)
        view = run.outside.of("consent/1", "ada")[-1]
        assert (view.showing, run.outside.readings) == ("open", before)
        assert view.offer is not None


async def test_a_return_as_a_signal_is_a_return(client: Client) -> None:
    async with asked(client) as run:
        run.outside.missing = ()
        await run.signal("consent_returned", ConsentReturned(offer=None, refused=False))
        assert await run.ends() == "complete"


async def test_a_token_that_does_not_tell_completes_nothing(client: Client) -> None:
    outside = FakeActivities()
    outside.missing = None
    async with asked(client, outside) as run:
        assert outside.of("consent/1", "ada")[-1].missing is None
        await run.consent_returns()
        await outside.until(lambda: outside.readings == 1 + READINGS)
        await run.is_idle()
        assert outside.step == "consenting"


async def test_the_consent_is_asked_for_although_roles_cannot_be_read(client: Client) -> None:
    outside = FakeActivities()
    outside.fails(READ_ROLES, *[ProviderUnavailable("Entra is down")] * 50)
    async with running(client, outside) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        await run.is_authorized()
        await run.shows("consent/1", ADA, "open")
        assert outside.of("consent/1", "ada")[-1].missing is None
        await run.until_attribute("Attention", "waiting")


async def test_a_secret_that_entra_does_not_take_needs_an_operator(client: Client) -> None:
    outside = FakeActivities()
    outside.fails(READ_ROLES, *[CredentialRejected("wrong secret")] * 50)
    async with running(client, outside) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        await run.is_authorized()
        await run.until_attribute("Attention", "degraded")
        assert "consent: CredentialRejected" in await run.details()


async def test_what_was_taken_back_is_asked_for_again(client: Client) -> None:
    async with asked(client) as run:
        run.outside.missing = ()
        await run.consent_returns()
        assert await run.ends() == "complete"
        run.outside.missing = ("Chat.Create",)
        assert await run.clicks("appconnect", GRACE) == "sent_privately"
        await run.shows("consent/2", GRACE, "open")
        assert run.outside.of("consent/2", "grace")[-1].missing == ("Chat.Create",)
        await run.outside.until(lambda: run.outside.step == "consenting")


async def test_whoever_writes_appconnect_when_all_is_granted_is_told_so(client: Client) -> None:
    async with asked(client) as run:
        run.outside.missing = ()
        await run.consent_returns()
        assert await run.ends() == "complete"
        assert await run.clicks("appconnect", GRACE) == "sent_privately"
        assert await run.ends() == "complete"
        assert [view.showing for view in run.outside.of("consent/2", "grace")] == ["complete"]


async def test_whoever_writes_appconnect_again_has_one_message_that_goes_on(client: Client) -> None:
    async with asked(client) as run:
        for number in range(2, 6):
            await run.clicks("appconnect", GRACE)
            await run.shows(f"consent/{number}", GRACE, "open")
        await run.is_idle()
        showing = [run.outside.showing(f"consent/{number}", "grace") for number in range(2, 6)]
        assert showing == ["replaced", "replaced", "replaced", "open"]


async def test_a_new_run_does_not_take_an_old_message_for_a_new_one(client: Client) -> None:
    async with asked(client) as run:
        await run.clicks("appconnect", ADA)
        await run.shows("consent/2", ADA, "open")
        await run.shows("consent/1", ADA, "replaced")
        await run.handle.terminate("an operator")
        await run.clicks("appconnect", ADA)
        await run.shows("consent/3", ADA, "open")
        await run.shows("consent/2", ADA, "replaced")


async def test_where_another_set_up_found_the_consent_it_is_complete_at_once(client: Client) -> None:
    """What the rows know of the consent is read again before anybody is told of it."""
    outside = FakeActivities()
    outside.missing = outside.missing_before = ()
    async with running(client, outside) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        await run.is_authorized()
        assert await run.ends() == "complete"
        assert [view.showing for view in run.outside.of("consent/1", "ada")] == ["complete"]


async def test_where_a_found_consent_cannot_be_read_again_it_is_asked_for(client: Client) -> None:
    outside = FakeActivities()
    outside.missing_before = ()
    outside.fails(READ_ROLES, *[ProviderUnavailable("no")] * 50)
    async with running(client, outside) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        await run.is_authorized()
        await run.shows("consent/1", ADA, "open")
        assert [view.missing for view in run.outside.of("consent/1", "ada")] == [None]


async def test_a_consent_before_the_authorization_waits_for_it(client: Client) -> None:
    async with running(client) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        await run.clicks("appconnect", GRACE)
        await run.shows("consent/1", GRACE, "open")
        run.outside.missing = ()
        await run.consent_returns()
        await run.shows("consent/1", GRACE, "granted")
        await run.is_authorized()
        assert await run.ends() == "complete"
        assert run.outside.showing("consent/1", "grace") == "complete"
        assert [view.showing for view in run.outside.of("consent/2", "ada")] == ["complete"]


async def test_a_return_after_a_removal_reads_nothing(client: Client) -> None:
    async with asked(client) as run:
        await run.hears(run.event("removed", ADA))
        assert await run.ends() == "removed"
        before = run.outside.readings
        assert await run.consent_returns() == "removed"
        assert await run.ends() == "removed"
        assert run.outside.readings == before
