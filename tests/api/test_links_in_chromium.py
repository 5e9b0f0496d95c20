"""Links in a real browser, with the simulators of PagerDuty and Microsoft at another host."""

import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import ConsoleMessage, Page, expect
from temporalio.client import Client

from muster.cards.link_pages import CONNECTED, CONSENTED, FAILED, INVALID, NOT_CONSENTED, REASONS
from muster.seed import seed
from muster.store.pool import Pool
from sandbox.company import build_company
from sandbox.up.servers.ports import free_port
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.api.edge import edge_settings, serving_edge
from tests.api.links import (
    APP_ID,
    TO_MICROSOFT,
    TO_PAGERDUTY,
    Entra,
    Links,
    known_team,
    link_configuration,
    listening_worker,
    path_of,
)
from tests.sandbox.microsoft_process import MicrosoftProcess, running_microsoft
from tests.support.chromium import chromium
from tests.support.company import TENANT, company
from tests.support.pagerduty_account import SimulatedAccount, running_account
from tests.support.pagerduty_identity import PagerDutyIdentity
from tests.support.settings import settings_for

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")

pytestmark = [pytest.mark.anyio, pytest.mark.browser]


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
async def account(port: int) -> AsyncIterator[SimulatedAccount]:
    async with running_account(
        listen=False, redirect_uris=[f"http://127.0.0.1:{port}{TO_PAGERDUTY}"]
    ) as running:
        yield running


@pytest.fixture
def microsoft(port: int, tmp_path: Path) -> Iterator[MicrosoftProcess]:
    tenant = build_company().model_copy(update={"tenant_id": TENANT, "bot_app_id": APP_ID})
    back = f"http://127.0.0.1:{port}{TO_MICROSOFT}"
    with running_microsoft(tmp_path, "--redirect-uri", back, company=tenant) as running:
        yield running


@pytest.fixture
async def links(
    database_url: str,
    pool: Pool,
    temporal: EmbeddedTemporal,
    client: Client,
    tmp_path: Path,
    port: int,
    account: SimulatedAccount,
    microsoft: MicrosoftProcess,
) -> AsyncIterator[Links]:
    await seed(settings_for(database_url, temporal.address), company())
    key, queue = await known_team(pool), f"links-{uuid.uuid4().hex[:8]}"
    settings = edge_settings(
        database_url,
        temporal.address,
        tmp_path,
        public_url=f"http://127.0.0.1:{port}",
        microsoft_authority=microsoft.authority,
        ca_file=microsoft.ca,
    ).model_copy(update={"task_queue": queue})
    assert settings.config is not None
    settings.config.write_text(link_configuration(account.configured))
    async with (
        listening_worker(client, queue),
        serving_edge(settings, pool, client, port=port) as edge,
    ):
        yield Links(edge, pool, client, PagerDutyIdentity(), Entra(), key)


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with chromium() as browser:
        yield await browser.new_page()


async def opened(page: Page, links: Links, path: str) -> None:
    await page.goto(str(links.edge.http.base_url).rstrip("/") + path)


@pytest.mark.pooler_too
async def test_an_admin_goes_to_pagerduty_by_the_button_and_comes_back_to_a_connected_team(
    links: Links, account: SimulatedAccount, page: Page
) -> None:
    owner = next(person for person in account.company.people if person.role == "owner")
    offer = await links.offer()
    await opened(page, links, path_of(offer))
    await page.get_by_role("button", name="Continue to PagerDuty").click()
    await page.get_by_test_id(f"sign-in-{owner.pagerduty_user}").click()
    await page.get_by_test_id("allow").click()
    await expect(page.get_by_text(CONNECTED.format(team="Orders <&> co"))).to_be_visible()
    assert "/l/done/" in page.url
    assert "code=" not in page.url
    await page.reload()
    await expect(page.get_by_text(CONNECTED.format(team="Orders <&> co"))).to_be_visible()
    await opened(page, links, path_of(offer))
    await expect(page.get_by_text(CONNECTED.format(team="Orders <&> co"))).to_be_visible()
    assert await links.told() == [f"authorized {offer.id}"]


async def test_a_responder_and_a_denial_are_told_why_and_can_try_again(
    links: Links, account: SimulatedAccount, page: Page
) -> None:
    responder = next(
        person for person in account.company.people if person.pagerduty_user and person.role == "user"
    )
    await opened(page, links, path_of(await links.offer()))
    await page.get_by_role("button", name="Continue to PagerDuty").click()
    await page.get_by_test_id(f"sign-in-{responder.pagerduty_user}").click()
    await page.get_by_test_id("deny").click()
    await expect(page.get_by_text(FAILED)).to_be_visible()
    await expect(page.get_by_text(REASONS["denied"])).to_be_visible()
    await page.get_by_role("link", name="Try again").click()
    await page.get_by_role("button", name="Continue to PagerDuty").click()
    await page.get_by_test_id("allow").click()
    await expect(page.get_by_text(REASONS["role_too_low"])).to_be_visible()
    assert (await links.account(), await links.told()) == (None, [])


@pytest.mark.parametrize("decision", ["Accept", "Cancel"])
async def test_an_admin_of_the_tenant_consents_or_refuses_and_the_workflow_hears_of_it(
    links: Links, microsoft: MicrosoftProcess, page: Page, decision: str
) -> None:
    offer = await links.offer("consent")
    await opened(page, links, path_of(offer))
    await page.get_by_role("button", name="Continue to Microsoft").click()
    await page.get_by_role("button", name=microsoft.admin.email).click()
    await page.get_by_role("button", name=decision).click()
    is_granted = decision == "Accept"
    await expect(page.get_by_text(CONSENTED if is_granted else NOT_CONSENTED)).to_be_visible()
    assert await links.told() == [f"consent_returned {offer.id} {'granted' if is_granted else 'refused'}"]
    assert await links.state(offer) == "open"


async def test_pages_are_styled_and_fit_a_phone_in_light_and_dark(links: Links, page: Page) -> None:
    grounds, refused = set(), []

    def note(said: ConsoleMessage) -> None:
        if "Content Security" in said.text:
            refused.append(said.text)

    page.on("console", note)
    for path, says in ((path_of(await links.offer()), "Ada Ops"), ("/l/forged", INVALID)):
        for scheme in SCHEMES:
            for width in (320, 1280):
                await page.emulate_media(color_scheme=scheme)
                await page.set_viewport_size({"width": width, "height": 640})
                await opened(page, links, path)
                await expect(page.get_by_text(says)).to_be_visible()
                assert await page.evaluate("document.documentElement.scrollWidth") <= width
                grounds.add(await page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(grounds) == 2, "the policy lets the style in, and both schemes have their own"
    assert refused == []
