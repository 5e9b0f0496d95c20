"""What an operator reads of a set-up: its list entry, its details, and its Timeline."""

import pytest
from temporalio.client import Client

from tests.workflows.team_setup.outside import FakeActivities
from tests.workflows.team_setup.running import ADA, TEAM, running
from workflows.errors import RequestInvalid
from workflows.team_setup.activities import MAKE_OFFER

pytestmark = pytest.mark.anyio


async def test_a_run_is_found_by_its_title_its_team_and_its_tenant(client: Client) -> None:
    async with running(client) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        description = await run.handle.describe()
    found = {pair.key.name: pair.value for pair in description.typed_search_attributes}
    expected = {"TeamsTenant": "tenant", "TeamsConversation": TEAM, "Attention": "ok"}
    assert {name: found.get(name) for name in expected} == expected
    assert await description.static_summary() == "Payments · setup"


async def test_the_details_tell_each_step_whom_it_waits_for_and_until_when(client: Client) -> None:
    async with running(client, FakeActivities("acme", "umbrella")) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "choosing")
        details = await run.details()
        assert "### Payments · setup" in details
        assert "**choosing**" in details
        assert "| account | to be chosen | Ada Ops |" in details
        await run.clicks("choose_account", account="acme")
        await run.shows("installer/1", ADA, "open")
        (link,) = run.outside.open_links
        details = await run.details()
        assert "| account | acme chosen |" in details
        until = f"{link.expires_at:%Y-%m-%d %H:%M}"
        assert f"| authorization | link open | a PagerDuty Admin | {until} |" in details
        await run.is_authorized()
        await run.shows("consent/1", ADA, "open")
        details = await run.details()
        assert "| authorization | acme, by Grace Admin |" in details
        assert "| consent | Chat.Create, Organization.Read.All | a Microsoft admin | " in details


async def test_the_timeline_names_every_step_and_every_wait(client: Client) -> None:
    async with running(client) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        await run.is_authorized()
        await run.shows("consent/1", ADA, "open")
        await run.consent_returns()
        await run.outside.until(lambda: run.outside.readings == 3)
        run.outside.missing = ()
        await run.ends()
        timeline = await run.timeline()
    assert all(called.summary for called in timeline.activities)
    assert all(waited.summary for waited in timeline.timers)
    assert timeline.activities[0].name == "store.restore_setup"
    shown = [called.summary for called in timeline.activities if called.name == "teams.show_notice"]
    assert shown[0] == "installer/1 · Ada Ops · open"
    assert shown[-1] == "consent/1 · Ada Ops · complete"
    assert {"the link expires", "until reading 2 of the granted roles"} <= {
        w.summary for w in timeline.timers
    }
    assert timeline.updates == ["authorized", "consent_returned"]


async def test_what_only_an_operator_can_mend_needs_attention(client: Client) -> None:
    outside = FakeActivities()
    outside.fails(MAKE_OFFER, *[RequestInvalid("no PagerDuty account is configured for this tenant")] * 9)
    async with running(client, outside) as run:
        await run.is_installed(ADA)
        await run.until_attribute("Attention", "degraded")
        assert "⚠ offer: RequestInvalid" in await run.details()


async def test_a_hostile_name_is_only_a_name(client: Client) -> None:
    outside = FakeActivities()
    outside.name = "**Pay** | [x](https://evil.example)"
    async with running(client, outside) as run:
        await run.is_installed(ADA)
        await run.shows("installer/1", ADA, "open")
        title = (await run.details()).splitlines()[0]
        assert "[x](" not in title
        assert "**Pay**" not in title
