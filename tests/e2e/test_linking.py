"""From a click that met no link to actions in PagerDuty as oneself, and back.

``MUSTER_PICTURES=1`` renews its picture in docs, as in test_pictures.py.
"""

from collections.abc import Iterator

import pytest
from playwright.async_api import Locator, expect

from muster.cards.personal_link_pages import SIGN_IN_AS_SOMEONE_ELSE
from sandbox.up.supervision.launch import Launched
from tests.e2e.linking import (
    OFFER,
    ask_for_link,
    expect_linked,
    expect_other_person,
    go_on,
    link_by,
    only_mine,
    open_offer,
    run_upkeep,
    sign_in_at_microsoft,
    sign_in_at_pagerduty,
    ties,
    unlink,
)
from tests.e2e.screens import DESKTOP, PICTURES, Screen, keep
from tests.e2e.setting_up import (
    address_behind,
    expect_answer,
    keep_found_on_every_screen,
    keep_on_every_screen,
    keep_page_on_every_screen,
    private_card,
    tell_bot,
)
from tests.e2e.teams_window import TeamsWindow
from tests.e2e.windows import Windows
from tests.support.product import running
from tests.support.simulators import PagerDuty

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

ADA_USER, CY_USER, EVE_USER = "PUSER01", "PUSER03", "PUSER05"
_OFFERED = Screen("linking-offer", width=1040, height=900, scale=1.2)
_DAY = 24 * 60


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    """A product of their own: people are linked and let go, and PagerDuty's clock is moved."""
    with running(tmp_path_factory.mktemp("linking")) as stack:
        yield stack


async def test_whoever_links_at_once_has_clicked_as_themselves_until_they_unlink(
    stack: Launched, windows: Windows, pagerduty: PagerDuty
) -> None:
    title = "Checkout rejects every card"
    cy, bo = await windows.teams("Cy Net", _OFFERED), await windows.teams("Bo Call")
    card = (await cy.open_channel("Payments", "ops")).card(title)
    seen_by_bo = (await bo.open_channel("Payments", "ops")).card(title)
    incident = await pagerduty.trigger(title)
    await card.expect("Triggered")
    await seen_by_bo.expect("Triggered")

    await card.click("Acknowledge")
    offer = only_mine(cy, title, "You pressed Acknowledge", "nothing was changed")
    await expect(offer).to_have_count(1)
    await expect(bo.page.get_by_test_id("only-you")).to_have_count(0)
    assert await pagerduty.changes(incident) == []
    await cy.page.mouse.move(0, 0)
    await keep(cy.page, _OFFERED.name, folder=PICTURES)
    await link_by(cy, offer, "Cy Net")
    await card.expect("Acknowledged by Cy Net")
    await seen_by_bo.expect("Acknowledged by Cy Net")
    await expect(only_mine(cy, title, "Your accounts are linked", "You acknowledged")).to_have_count(1)
    await keep(cy.page, "linking-1-done")
    assert await pagerduty.changes(incident) == [(CY_USER, "acknowledged")]
    assert ("Cy Net", CY_USER) in await ties(stack)

    await unlink(cy)
    await keep(cy.page, "linking-2-unlinked")
    assert "Cy Net" not in dict(await ties(stack))
    await cy.open_channel("Payments", "ops")
    await card.click("Resolve")
    await card.expect("Acknowledged by Cy Net", "nothing was changed")
    again = only_mine(cy, title, "You pressed Resolve", "nothing was changed", OFFER)
    await expect(again).to_have_count(1)
    await expect(bo.page.get_by_test_id("only-you")).to_have_count(0)
    assert await pagerduty.changes(incident) == [(CY_USER, "acknowledged")]

    async def find(window: TeamsWindow) -> Locator:
        await window.open_channel("Payments", "ops")
        return only_mine(window, "You pressed Resolve", OFFER)

    await keep_found_on_every_screen(windows, "Cy Net", find, "linking-3-offer")
    page = await open_offer(cy, again)
    await go_on(page)
    await expect_linked(page, "Cy Net")
    await unlink(cy)


async def test_a_link_ties_nobody_but_the_person_it_was_made_for(stack: Launched, windows: Windows) -> None:
    """Eve opens it; so does Ada, an Admin whom neither Microsoft nor PagerDuty asks anything any more."""
    cy, ada = await windows.teams("Cy Net"), await windows.teams("Ada Ops")
    await unlink(ada)
    await link_by(ada, await ask_for_link(ada), "Ada Ops")
    await private_card(ada, "Your accounts are linked")
    offer = await ask_for_link(cy)
    link = await address_behind(cy.page, offer.get_by_role("link", name=OFFER))
    before = await ties(stack)

    eve = await windows.open(DESKTOP)
    await eve.goto(link)
    await keep_page_on_every_screen(eve, "linking-4-page")
    await sign_in_at_microsoft(eve, "Eve Stand")
    await expect_other_person(eve, "Eve Stand")
    await keep_page_on_every_screen(eve, "linking-5-eve")

    page = await ada.page.context.new_page()
    await page.goto(link)
    await go_on(page)
    await expect_other_person(page, "Ada Ops")
    assert await ties(stack) == before
    assert [person for person, user in before if user == ADA_USER] == ["Ada Ops"]
    await expect(offer.get_by_role("link", name=OFFER)).to_be_visible()

    # PagerDuty takes whoever is signed in there, so Ada leaves it before she hands the browser to Cy.
    beside = await page.context.new_page()
    await beside.goto(f"{stack.ready['pagerduty_identity']}/oauth/sign_out")
    await page.get_by_role("button", name=SIGN_IN_AS_SOMEONE_ELSE).click()
    await page.get_by_role("button", name="Cy Net").click()
    await sign_in_at_pagerduty(page, "Cy Net")
    await expect_linked(page, "Cy Net")
    await keep_page_on_every_screen(page, "linking-6-linked")
    await private_card(cy, "Your accounts are linked")
    await keep_on_every_screen(windows, "Cy Net", "Your accounts are linked", "linking-7-in-private")
    assert await ties(stack) == before | {("Cy Net", CY_USER)}
    await tell_bot(cy, "linkUser")
    await expect_answer(cy, "You are Cy Net in PagerDuty (acme)")
    await unlink(cy)


async def test_a_link_that_nobody_used_for_a_month_still_acts(
    stack: Launched, windows: Windows, pagerduty: PagerDuty
) -> None:
    """PagerDuty forgets a refresh token after 30 days without use; upkeep refreshes it in between."""
    eve = await windows.teams("Eve Stand")
    await link_by(eve, await ask_for_link(eve), "Eve Stand")
    await private_card(eve, "Your accounts are linked")
    before = await ties(stack)
    await pagerduty.advance(minutes=20 * _DAY)
    await run_upkeep(stack)
    assert await pagerduty.refreshes(EVE_USER) == 1
    await pagerduty.advance(minutes=11 * _DAY)

    title = "Checkout is slow again"
    card = (await eve.open_channel("Payments", "ops")).card(title)
    incident = await pagerduty.trigger(title)
    await card.expect("Triggered")
    await card.click("Acknowledge")
    await card.expect("Acknowledged by Eve Stand")
    assert await pagerduty.changes(incident) == [(EVE_USER, "acknowledged")]
    assert await pagerduty.refreshes(EVE_USER) == 2
    assert await ties(stack) == before
