"""What an operator reads of a personal link: its list entry, its details, and its Timeline."""

import pytest
from temporalio.client import Client

from tests.workflows.account_link.outside import FakeActivities
from tests.workflows.account_link.running import Run, running
from workflows.account_link.workflow_type import title

pytestmark = pytest.mark.anyio


async def test_a_run_is_found_by_its_title_its_tenant_and_its_account(client: Client) -> None:
    async with running(client) as run:
        await run.asks()
        await run.shows("link/1", "open")
        description = await run.handle.describe()
    found = {pair.key.name: pair.value for pair in description.typed_search_attributes}
    expected = {"TeamsTenant": "tenant", "PdAccount": "acme", "Attention": "ok"}
    assert {name: found.get(name) for name in expected} == expected
    assert await description.static_summary() == "Cy Unlinked · acme · link"


def test_somebody_whose_name_nobody_told_has_a_title_without_it() -> None:
    assert title("", "acme") == "acme · link"


async def test_the_details_tell_how_the_offer_the_message_and_the_click_stand(client: Client) -> None:
    async with running(client) as run:
        await run.clicks(run.met(title="#42 | [x](https://evil.example)"))
        await run.shows("link/1", "open")
        await run.is_idle()
        details = await run.details()
        (offer,) = run.outside.open_offers
        assert "### Cy Unlinked · acme · link" in details
        assert "**open**" in details
        assert f"| offer | open | {offer.expires_at:%Y-%m-%d %H:%M} |" in details
        assert "| message | link/1 in the conversation, seen by the person alone |" in details
        assert ": waits for the link |" in details
        assert "[x](" not in details
        assert "| person | not linked |" in details


async def test_the_timeline_names_every_step_and_every_wait(client: Client) -> None:
    async with running(client) as run:
        await run.clicks()
        await run.shows("link/1", "open")
        await run.links()
        await run.ends()
        timeline = await run.timeline()
    assert all(called.summary for called in timeline.activities)
    assert all(waited.summary for waited in timeline.timers)
    assert timeline.activities[0].name == "store.restore_link"
    shown = [called.summary for called in timeline.activities if called.name == "teams.show_link"]
    assert shown[0] == "link/1 · Cy Unlinked · open"
    assert shown[-1] == "link/1 · Cy Unlinked · linked"
    assert ("workflow.do_met_click", r"#42 Checkout latency") in [
        (called.name, called.summary) for called in timeline.activities
    ]
    assert timeline.updates == ["linked"]


async def test_a_hostile_name_is_only_a_name(client: Client) -> None:
    run = Run(client, FakeActivities())
    run.person = run.person.model_copy(update={"name": "**Cy** | [x](https://evil.example)"})
    async with run.working():
        await run.asks()
        await run.shows("link/1", "open")
        title = (await run.details()).splitlines()[0]
        assert "[x](" not in title
        assert "**Cy**" not in title
