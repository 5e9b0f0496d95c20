"""Deadlines: links that expire, renewals, and set-ups that nobody goes on with."""

import pytest
from temporalio.client import Client

from tests.workflows.team_setup.outside import FakeActivities
from tests.workflows.team_setup.running import ADA, BO, BRIEF, GRACE, LONG, Run, running
from workflows.team_setup.activities import RESTORE_SETUP
from workflows.team_setup.messages import KeyShown

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


async def shown(run: Run) -> None:
    """The KEY of the link is written in a channel, and the bot tells it."""
    offer = run.outside.open_links[0].id
    run.outside.end(offer, "shown")
    await run.signal("key_shown", KeyShown(offer=offer))


async def test_a_key_that_was_shown_in_a_channel_ends_its_link_on_every_card_at_once(client: Client) -> None:
    async with running(client) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        await run.clicks("authorize", GRACE, offer=run.outside.open_links[0].id)
        await run.shows("admin/1", GRACE, "open")
        await shown(run)
        await run.shows("installer/1", ADA, "key_shown")
        await run.shows("admin/1", GRACE, "key_shown")
        assert await run.clicks("renew", ADA, notice="installer/1") == "sent_privately"
        await run.shows("installer/2", ADA, "open")
        assert len(run.outside.open_links) == 1


async def test_a_key_that_was_shown_while_no_run_goes_on_is_told_by_the_next(client: Client) -> None:
    async with running(client) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        await run.outside.until(lambda: run.outside.step == "authorizing")
        await run.handle.terminate("an operator")
        await shown(run)
        await run.shows("installer/1", ADA, "key_shown")


async def test_a_key_that_is_shown_while_the_rows_are_read_is_not_missed(client: Client) -> None:
    async with running(client) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        offer, before = run.outside.open_links[0].id, run.outside.restored
        held = run.outside.holds(RESTORE_SETUP)
        await run.signal("key_shown", KeyShown(offer=offer))
        await run.outside.until(lambda: run.outside.waits(RESTORE_SETUP))
        await run.signal("key_shown", KeyShown(offer=offer))
        held.set()
        await run.outside.until(lambda: run.outside.restored == before + 2)
        await run.is_idle()
        assert run.outside.restored == before + 2


async def test_a_link_whose_row_is_gone_is_over(client: Client) -> None:
    async with running(client, deadlines=BRIEF) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        run.outside.loses(run.outside.open_links[0].id)
        await run.shows("installer/1", ADA, "expired")
        before = run.outside.restored
        await run.is_idle()
        assert run.outside.restored == before, "the rows are not read again and again"


async def test_a_link_that_a_newer_row_has_followed_is_over(client: Client) -> None:
    async with running(client, deadlines=BRIEF) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        (row,) = run.outside.links
        run.outside.end(row.id, "replaced")
        run.outside.links.append(row.model_copy(update={"id": 99, "request": "elsewhere/1"}))
        await run.shows("installer/1", ADA, "expired")
        before = run.outside.restored
        await run.is_idle()
        assert run.outside.restored == before


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
