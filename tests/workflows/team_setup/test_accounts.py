"""Which accounts are configured for the tenant: none yet, one that comes later, several to choose from."""

import pytest
from temporalio.client import Client

from tests.workflows.team_setup.outside import FakeActivities
from tests.workflows.team_setup.running import ADA, Run, running

pytestmark = pytest.mark.anyio


async def lacking(run: Run) -> None:
    """The app is installed, and no account is configured."""
    run.outside.accounts = ()
    await run.is_installed(ADA)
    await run.shows("installer/1", ADA, "no_account")
    await run.until_attribute("Attention", "degraded")


async def test_the_installer_is_told_that_no_account_is_configured(client: Client) -> None:
    async with running(client) as run:
        await lacking(run)
        assert run.outside.messages == [("installer/1", "ada")]
        assert "| authorization | no account is configured | an operator |" in await run.details()


async def test_accounts_are_looked_for_again_after_a_while(client: Client) -> None:
    async with running(client) as run:
        await lacking(run)
        await run.is_idle()
        (wait,) = [one for one in (await run.timeline()).timers if one.summary.startswith("back-off")]
        assert wait.summary == "back-off after RequestInvalid"


async def test_an_account_that_is_configured_later_goes_on(client: Client) -> None:
    async with running(client) as run:
        await lacking(run)
        run.outside.accounts = ("acme",)
        assert await run.clicks("renew") == "sent_privately"
        await run.shows("installer/2", ADA, "open")
        assert run.outside.of("installer/2", "ada")[-1].account == "acme"
        await run.until_attribute("Attention", "ok")
        await run.is_authorized()
        await run.shows("installer/2", ADA, "authorized")


async def test_several_accounts_that_are_configured_later_are_chosen_from(client: Client) -> None:
    async with running(client) as run:
        await lacking(run)
        run.outside.accounts = ("acme", "umbrella")
        await run.clicks("renew")
        await run.shows("installer/2", ADA, "choosing")
        assert await run.clicks("choose_account", account="umbrella") == "done"
        await run.shows("installer/2", ADA, "open")
        await run.until_attribute("Attention", "ok")


@pytest.mark.parametrize(
    ("accounts", "showing"), [(("acme",), "open"), (("acme", "umbrella"), "choosing")], ids=["one", "several"]
)
async def test_a_new_run_finds_what_is_configured(
    client: Client, accounts: tuple[str, ...], showing: str
) -> None:
    outside = FakeActivities()
    async with running(client, outside) as run:
        await lacking(run)
        await run.handle.terminate("an operator")
        outside.accounts = accounts
        await run.hears(run.event("teamRenamed", name="Payments"))
        await run.shows("installer/1", ADA, showing)
