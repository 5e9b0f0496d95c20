"""The start page in a browser: what runs, what waits, and that nothing runs any more."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.async_api import expect

from sandbox.up.supervision.launch import Launched, launched
from tests.e2e.screens import Screen, keep
from tests.e2e.windows import Windows
from tests.support.simulators import PagerDuty

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.soak]

NAMES = ("postgres", "temporal", "teams", "microsoft", "pagerduty", "api", "worker")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    """A product of its own, which these tests end."""
    with launched(tmp_path_factory.mktemp("start")) as stack:
        yield stack


async def test_the_start_page_says_what_waits_and_when_nothing_runs(
    stack: Launched, windows: Windows, http: httpx.AsyncClient
) -> None:
    pagerduty = PagerDuty(http, stack.ready)
    page = await windows.open(Screen("start-page", width=1100, height=1500))
    await page.goto(stack.ready["start"])
    kills = page.get_by_role("button")
    await expect(kills).to_have_count(len(NAMES))
    for name in NAMES:
        await expect(page.get_by_role("button", name=f"Kill for 10 s: {name}", exact=True)).to_be_enabled()
        await expect(page.get_by_label(f"Log of {name}")).to_be_visible()
    await expect(page.get_by_label("Log of api")).to_contain_text("Uvicorn running on")
    webhooks = page.locator("#webhooks")
    await expect(webhooks).to_contain_text("None: Muster has everything")

    await page.get_by_role("button", name="Kill for 10 s: api").click()
    api = page.locator("[data-part=api] .state")
    await expect(api).to_have_text("down")
    incident = await pagerduty.trigger("Checkout is slow")
    await expect(webhooks).to_contain_text("1 not delivered yet")
    await expect(webhooks).to_contain_text(f"incident.triggered of {incident}: tried")
    await expect(api).to_have_text("up")
    await expect(webhooks).to_contain_text("None: Muster has everything", timeout=40_000)

    ended = page.get_by_role("alert")
    await expect(ended).to_be_hidden()
    assert stack.stop() == 0
    await expect(ended).to_contain_text("Nothing runs any more")
    await expect(webhooks).to_have_text("Not known: nothing runs that could be asked.")
    for state in await page.locator("[data-part] .state").all():
        await expect(state).to_have_text("down")
    for button in await kills.all():
        await expect(button).to_be_disabled()
    await keep(page, "start-page-ended")
