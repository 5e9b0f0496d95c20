"""The four steps as people go through them."""

import pytest
from temporalio.client import Client

from tests.workflows.team_setup.outside import MISSING, FakeActivities
from tests.workflows.team_setup.running import ADA, GRACE, TEAM, running

pytestmark = pytest.mark.anyio


async def test_a_team_comes_aboard(client: Client) -> None:
    async with running(client) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        (link,) = run.outside.open_links
        assert run.outside.of("installer/1", "ada")[-1].offer == link.id
        assert await run.is_authorized() == "done"
        await run.shows("installer/1", ADA, "authorized")
        await run.shows("welcome/1", None, "open")
        await run.shows("consent/1", ADA, "open")
        assert run.outside.of("consent/1", "ada")[-1].missing == MISSING
        assert [one.step for one in run.outside.recorded][-1] == "consenting"
        run.outside.missing = ()
        assert await run.consent_returns() == "done"
        assert await run.ends() == "complete"
        assert run.outside.showing("consent/1", "ada") == "complete"
        assert run.outside.step == "complete"
        assert run.outside.organizations == 1
        assert len(run.outside.woken) == 1
        assert run.outside.messages == [("installer/1", "ada"), ("welcome/1", TEAM), ("consent/1", "ada")]


async def test_the_account_is_chosen_where_there_are_several(client: Client) -> None:
    async with running(client, FakeActivities("acme", "umbrella")) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "choosing")
        assert run.outside.of("installer/1", "ada")[-1].accounts == ("acme", "umbrella")
        assert run.outside.offers == []
        assert await run.clicks("choose_account", account="nosuch") == "account_unknown"
        assert await run.clicks("choose_account", account="umbrella") == "done"
        await run.shows("installer/1", ADA, "open")
        assert run.outside.of("installer/1", "ada")[-1].account == "umbrella"
        assert [offer.account for offer in run.outside.offers] == ["umbrella"]
        assert await run.clicks("choose_account", account="umbrella") == "done"
        assert await run.clicks("choose_account", account="acme") == "not_under_way"


async def test_a_consent_that_is_there_already_completes_the_setup_at_once(client: Client) -> None:
    outside = FakeActivities()
    outside.missing = ()
    async with running(client, outside) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        await run.is_authorized()
        assert await run.ends() == "complete"
        assert [view.showing for view in outside.of("consent/1", "ada")] == ["complete"]
        assert [offer.kind for offer in outside.offers] == ["authorize"]
        assert outside.showing("welcome/1", TEAM) == "open"


async def test_who_is_no_admin_gets_instructions_for_one_on_the_same_card(client: Client) -> None:
    async with running(client) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        assert await run.clicks("not_admin", notice="installer/1") == "done"
        await run.outside.until(lambda: run.outside.of("installer/1", "ada")[-1].expanded)
        assert run.outside.messages == [("installer/1", "ada")]
        assert len(run.outside.offers) == 1


async def test_whoever_writes_the_key_gets_a_card_of_their_own(client: Client) -> None:
    async with running(client) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        (link,) = run.outside.open_links
        assert await run.clicks("authorize", GRACE, offer=link.id) == "sent_privately"
        await run.shows("admin/1", GRACE, "open")
        assert run.outside.of("admin/1", "grace")[-1].offer == link.id
        assert await run.clicks("authorize", GRACE, offer=link.id + 1) == "not_under_way"
        await run.is_authorized()
        await run.shows("admin/1", GRACE, "authorized")
        await run.shows("installer/1", ADA, "authorized")


async def test_the_same_command_delivered_twice_is_answered_twice_and_done_once(client: Client) -> None:
    async with running(client) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        command = run.pressed(GRACE, offer=run.outside.open_links[0].id)
        assert (await run.ask("authorize", command)).reply == "sent_privately"
        assert (await run.ask("authorize", command)).reply == "sent_privately"
        await run.signal("authorize", command)
        await run.shows("admin/1", GRACE, "open")
        await run.is_idle()
        assert run.outside.messages == [("installer/1", "ada"), ("admin/1", "grace")]
