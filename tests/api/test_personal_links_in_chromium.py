"""Personal links in a real browser, with the simulators of PagerDuty and Microsoft at other hosts."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from temporalio.client import Client

from muster.cards.personal_link_pages import LINKED, OTHER_PERSON, SIGN_IN_AS_SOMEONE_ELSE
from muster.store.pool import Pool
from sandbox.company import Person, build_company
from sandbox.up.servers.ports import free_port
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.api.links import APP_ID, TO_MICROSOFT, TO_PAGERDUTY, path_of
from tests.api.personal_links import PersonalLinks, serving_personal_links
from tests.sandbox.microsoft_process import MicrosoftProcess, running_microsoft
from tests.support.chromium import chromium
from tests.support.company import TENANT
from tests.support.pagerduty_account import SimulatedAccount, running_account
from tests.support.pagerduty_identity import PagerDutyIdentity

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
) -> AsyncIterator[PersonalLinks]:
    async with (
        serving_personal_links(
            database_url, pool, temporal.address, client, tmp_path, PagerDutyIdentity(), microsoft
        ) as serve,
        serve(port=port, account=account.configured) as running,
    ):
        yield running


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with chromium() as browser:
        yield await browser.new_page()


async def begin(page: Page, links: PersonalLinks, path: str) -> None:
    await page.goto(str(links.edge.http.base_url).rstrip("/") + path)
    await page.get_by_role("button", name="Continue to Microsoft").click()


async def sign_in_at_microsoft(page: Page, person: Person) -> None:
    await page.get_by_role("button", name=person.email).click()
    await page.get_by_role("button", name="Accept").click()


async def test_a_person_links_by_both_logins_and_again_without_seeing_one(
    links: PersonalLinks, page: Page
) -> None:
    await begin(page, links, path_of(await links.offer()))
    await sign_in_at_microsoft(page, links.cy)
    await page.get_by_test_id(f"sign-in-{links.cy.pagerduty_user}").click()
    await page.get_by_test_id("allow").click()
    await expect(page.get_by_text(LINKED)).to_be_visible()
    acts_as = (
        f"All PagerDuty actions you perform as {links.cy.name} in Microsoft Teams will be associated with"
        f" {links.cy.name} ({links.cy.email}) in PagerDuty."
    )
    await expect(page.get_by_text(acts_as)).to_be_visible()
    assert "/l/done/" in page.url
    assert "code=" not in page.url
    first = await links.link()

    # Signed in at both: redirects alone follow the form, and its policy must let them through.
    again = await links.offer()
    await begin(page, links, path_of(again))
    await expect(page.get_by_text(LINKED)).to_be_visible()
    second = await links.link()
    assert first is not None
    assert second is not None
    assert (first.id != second.id, second.pagerduty_user) == (True, links.cy.pagerduty_user)
    assert await links.state(again) == "spent"


async def test_somebody_else_ties_nobody_to_themselves_and_may_sign_in_as_another(
    links: PersonalLinks, page: Page
) -> None:
    offer = await links.offer()
    await begin(page, links, path_of(offer))
    await sign_in_at_microsoft(page, links.bo)
    await expect(page.get_by_text(OTHER_PERSON)).to_be_visible()
    await expect(page.get_by_text(links.bo.email)).to_be_visible()
    assert await links.untouched(offer)
    await page.get_by_role("button", name=SIGN_IN_AS_SOMEONE_ELSE).click()
    await sign_in_at_microsoft(page, links.cy)
    await page.get_by_test_id(f"sign-in-{links.cy.pagerduty_user}").click()
    await page.get_by_test_id("allow").click()
    await expect(page.get_by_text(LINKED)).to_be_visible()
    link = await links.link()
    assert link is not None
    assert link.pagerduty_user == links.cy.pagerduty_user
