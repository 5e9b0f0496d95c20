"""A run that is over ends when everybody was told: outages are waited out, lasting refusals are not."""

import pytest
from temporalio.client import Client

from tests.workflows.team_setup.outside import FakeActivities, Row
from tests.workflows.team_setup.running import ADA, BO, GRACE, LONG, TEAM, Run, running
from workflows.errors import (
    CredentialRejected,
    Forbidden,
    OutcomeUnknown,
    OutsideError,
    ProviderUnavailable,
    RateLimited,
    RequestInvalid,
)
from workflows.team_setup.activities import READ_ORGANIZATION, READ_ROLES, SHOW_NOTICE, WAKE_SETUPS

pytestmark = pytest.mark.anyio
DOWN = ProviderUnavailable("no connection")
AWAY = [DOWN, RateLimited("wait", retry_after=1), OutcomeUnknown("the answer was lost")]


async def connected(run: Run) -> None:
    """The consent is asked for, and everything else is told."""
    await run.is_installed(ADA)
    await run.shows("installer/1", ADA, "open")
    await run.is_authorized()
    await run.shows("consent/1", ADA, "open")
    await run.shows("welcome/1", None, "open")
    await run.shows("installer/1", ADA, "authorized")
    await run.is_idle()


async def completed(run: Run) -> None:
    await connected(run)
    run.outside.missing = ()
    await run.consent_returns()
    assert await run.ends() == "complete"


@pytest.mark.parametrize("error", AWAY, ids=lambda error: type(error).__name__)
async def test_a_set_up_that_is_complete_says_so_after_an_outage_of_teams(
    client: Client, error: OutsideError
) -> None:
    async with running(client) as run:
        await connected(run)
        run.outside.cannot_write_to("ada", error)
        run.outside.missing = ()
        await run.consent_returns()
        await run.until_attribute("Attention", "waiting")
        run.outside.can_write_to("ada")
        assert await run.ends() == "complete"
        assert run.outside.showing("consent/1", "ada") == "complete"


async def test_general_is_greeted_after_an_outage_of_teams(client: Client) -> None:
    outside = FakeActivities()
    outside.missing = ()
    async with running(client, outside) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        outside.cannot_write_to(TEAM, DOWN)
        await run.is_authorized()
        await run.shows("consent/1", ADA, "complete")
        await run.until_attribute("Attention", "waiting")
        outside.can_write_to(TEAM)
        assert await run.ends() == "complete"
        assert outside.showing("welcome/1", TEAM) == "open"


async def test_an_abandoned_set_up_says_so_after_an_outage_of_teams(client: Client) -> None:
    async with running(client, deadlines=LONG.model_copy(update={"abandoned": 0.6})) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        run.outside.cannot_write_to("ada", DOWN)
        await run.until_attribute("Attention", "waiting")
        run.outside.can_write_to("ada")
        assert await run.ends() == "abandoned"
        assert run.outside.showing("installer/1", "ada") == "abandoned"


async def test_who_asks_for_the_consent_while_entra_is_away_gets_a_message_and_the_reading_later(
    client: Client,
) -> None:
    async with running(client) as run:
        await completed(run)
        run.outside.fails(READ_ROLES, DOWN, DOWN)
        assert await run.clicks("appconnect", GRACE) == "sent_privately"
        await run.shows("consent/2", GRACE, "open")
        assert run.outside.of("consent/2", "grace")[-1].missing is None
        assert run.outside.showing("consent/1", "ada") == "complete", "nobody else is unsettled"
        assert await run.ends() == "complete"
        assert run.outside.showing("consent/2", "grace") == "complete"


@pytest.mark.parametrize("row", [WAKE_SETUPS, READ_ORGANIZATION], ids=lambda row: row.name)
async def test_neighbours_and_the_tenants_name_wait_for_the_end_of_an_outage(
    client: Client, row: Row
) -> None:
    async with running(client) as run:
        await connected(run)
        run.outside.fails(row, DOWN)
        run.outside.missing = ()
        await run.consent_returns()
        assert await run.ends() == "complete"
        assert (len(run.outside.woken), run.outside.organizations) == (1, 1)


@pytest.mark.parametrize("row", [WAKE_SETUPS, READ_ORGANIZATION, SHOW_NOTICE], ids=lambda row: row.name)
async def test_what_only_people_can_mend_holds_no_run_that_is_complete(client: Client, row: Row) -> None:
    async with running(client) as run:
        await connected(run)
        run.outside.fails(row, *[RequestInvalid("no")] * 50)
        run.outside.missing = ()
        await run.consent_returns()
        assert await run.ends() == "complete"


async def test_an_abandoned_set_up_waits_for_no_reading(client: Client) -> None:
    outside = FakeActivities()
    outside.fails(READ_ROLES, *[CredentialRejected("wrong secret")] * 50)
    async with running(client, outside, deadlines=LONG.model_copy(update={"abandoned": 1.5})) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        await run.is_authorized()
        await run.shows("consent/1", ADA, "open")
        assert await run.ends() == "abandoned"
        assert outside.showing("consent/1", "ada") == "abandoned"


async def test_a_removal_waits_for_no_outage(client: Client) -> None:
    async with running(client) as run:
        await connected(run)
        run.outside.cannot_write_to("ada", DOWN)
        await run.hears(run.event("removed", ADA))
        assert await run.ends() == "removed"


@pytest.mark.parametrize("error", [DOWN, Forbidden("no")], ids=lambda error: type(error).__name__)
async def test_a_greeting_that_was_never_begun_is_sent_by_a_later_run(
    client: Client, error: OutsideError
) -> None:
    async with running(client) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        run.outside.cannot_write_to(TEAM, error)
        await run.is_authorized()
        await run.shows("consent/1", ADA, "open")
        await run.outside.until(lambda: run.outside.step == "consenting")
        await run.handle.terminate("an operator")
        run.outside.can_write_to(TEAM)
        run.outside.missing = ()
        await run.consent_returns()
        assert await run.ends() == "complete"
        assert run.outside.showing("welcome/1", TEAM) == "open"
        await run.clicks("appconnect", BO)
        assert await run.ends() == "complete"
        assert run.outside.messages.count(("welcome/1", TEAM)) == 1


async def test_a_team_that_was_connected_without_a_set_up_is_not_greeted(client: Client) -> None:
    outside = FakeActivities()
    outside.account, outside.missing = "acme", ()
    async with running(client, outside) as run:
        await run.clicks("appconnect", GRACE)
        assert await run.ends() == "complete"
        assert [name for name, _ in outside.messages] == ["consent/1"]
