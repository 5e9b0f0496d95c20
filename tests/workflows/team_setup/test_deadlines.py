"""Deadlines: links that expire, renewals, and set-ups that nobody goes on with."""

import pytest
from temporalio.client import Client

from tests.workflows.team_setup.outside import FakeActivities
from tests.workflows.team_setup.running import ADA, BO, BRIEF, GRACE, LONG, Run, running
from workflows.team_setup.messages import LinkEnded

pytestmark = pytest.mark.anyio

ABANDONED = LONG.model_copy(update={"abandoned": 0.6})


async def expired(run: Run) -> None:
    await run.is_installed(ADA)
    await run.shows("installer/1", ADA, "expired")


async def test_a_link_that_nobody_uses_expires_and_the_card_says_so(client: Client) -> None:
    async with running(client, deadlines=BRIEF) as run:
        await expired(run)
        assert run.outside.showing("installer/1", "ada") == "expired"
        assert run.outside.messages == [("installer/1", "ada")]
        timers = [waited.summary for waited in (await run.timeline()).timers]
        assert "the link expires" in timers


async def test_a_renewed_link_comes_as_one_new_private_message(client: Client) -> None:
    async with running(client, deadlines=BRIEF) as run:
        await expired(run)
        assert await run.clicks("renew", notice="installer/1") == "sent_privately"
        assert await run.clicks("renew", notice="installer/1") == "sent_privately"
        await run.shows("installer/2", ADA, "open")
        await run.shows("installer/1", ADA, "replaced")
        assert [name for name, _ in run.outside.messages] == ["installer/1", "installer/2"]
        assert [offer.kind for offer in run.outside.offers] == ["authorize", "authorize"]
        old, new = run.outside.links
        assert (old.state, new.state) == ("expired", "open")


async def test_a_link_whose_key_was_shown_in_a_channel_is_over_on_its_card(client: Client) -> None:
    """The row has ended it, and the run is told."""
    async with running(client) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        ended = run.outside.open_links[0].id
        run.outside.end(ended, "shown")
        await run.signal("link_ended", LinkEnded(offer=ended))
        await run.shows("installer/1", ADA, "expired")
        assert run.outside.open_links == []


async def test_a_link_that_has_not_ended_stays_open(client: Client) -> None:
    """The row decides, whatever the run is told."""
    async with running(client) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        await run.signal("link_ended", LinkEnded(offer=run.outside.open_links[0].id))
        await run.is_idle()
        assert run.outside.showing("installer/1", "ada") == "open"


async def test_a_link_whose_key_was_shown_in_a_channel_is_renewed_before_its_time(client: Client) -> None:
    """The row has ended it, and nobody told the run."""
    async with running(client) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        run.outside.end(run.outside.open_links[0].id, "shown")
        assert await run.clicks("renew", ADA) == "sent_privately"
        await run.shows("installer/2", ADA, "open")
        await run.shows("installer/1", ADA, "replaced")
        assert len(run.outside.open_links) == 1


async def test_the_key_of_an_expired_link_is_not_under_way(client: Client) -> None:
    async with running(client, deadlines=BRIEF) as run:
        await expired(run)
        assert await run.clicks("authorize", GRACE, offer=run.outside.links[0].id) == "not_under_way"
        assert await run.clicks("not_admin") == "not_under_way"


async def test_a_deadline_that_finds_the_link_used_goes_on(client: Client) -> None:
    async with running(client, deadlines=BRIEF) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        run.outside.spend(run.outside.open_links[0].id)
        await run.shows("installer/1", ADA, "authorized")
        assert "expired" not in [view.showing for view in run.outside.of("installer/1", "ada")]


async def test_an_expired_consent_link_is_made_anew_by_appconnect_for_whoever_writes_it(
    client: Client,
) -> None:
    async with running(client, deadlines=BRIEF.model_copy(update={"link": 3600})) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        await run.is_authorized()
        await run.shows("consent/1", ADA, "expired")
        assert await run.clicks("appconnect", GRACE) == "sent_privately"
        await run.shows("consent/2", GRACE, "open")
        await run.shows("consent/1", ADA, "open")
        consents = [link for link in run.outside.links if link.kind == "consent"]
        assert len(consents) == 2
        assert run.outside.of("consent/2", "grace")[-1].offer == consents[-1].id


@pytest.mark.parametrize("accounts", [("acme",), ("acme", "umbrella")], ids=["authorizing", "choosing"])
async def test_a_setup_that_nobody_goes_on_with_is_abandoned(
    client: Client, accounts: tuple[str, ...]
) -> None:
    async with running(client, FakeActivities(*accounts), deadlines=ABANDONED) as run:
        await run.is_installed(ADA)
        assert await run.ends() == "abandoned"
        assert run.outside.showing("installer/1", "ada") == "abandoned"
        assert run.outside.open_links == []
        assert run.outside.step == "abandoned"


async def test_a_consent_that_nobody_gives_is_abandoned_and_asked_for_again_by_appconnect(
    client: Client,
) -> None:
    async with running(client, deadlines=ABANDONED) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        await run.is_authorized()
        assert await run.ends() == "abandoned"
        assert run.outside.showing("consent/1", "ada") == "abandoned"
        assert run.outside.open_links == []
        run.deadlines = LONG
        assert await run.clicks("appconnect", ADA) == "sent_privately"
        await run.shows("consent/2", ADA, "open")
        assert run.outside.step == "consenting"


async def test_an_abandoned_setup_goes_on_by_its_button(client: Client) -> None:
    async with running(client, deadlines=ABANDONED) as run:
        await run.is_installed(ADA)
        assert await run.ends() == "abandoned"
        run.deadlines = LONG
        assert await run.clicks("not_admin", BO) == "not_under_way"
        assert await run.ends() == "abandoned"
        assert await run.clicks("renew", ADA) == "sent_privately"
        await run.shows("installer/2", ADA, "open")
        await run.shows("installer/1", ADA, "replaced")
