"""The README's *first day of a company*: an empty start, a window for each person, only the steps told."""

from collections.abc import Iterator

import pytest
from playwright.async_api import expect

from muster.cards.personal_link_pages import LINKED
from sandbox.up.supervision.launch import Launched
from tests.e2e.linking import OFFER, expect_linked, open_offer, sign_in_at_microsoft, ties
from tests.e2e.setting_up import allow, connected, opened, private_card, sign_in, tell_bot
from tests.e2e.windows import Windows
from tests.support.product import running

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    with running(tmp_path_factory.mktemp("first-day"), "--empty") as stack:
        yield stack


async def test_everybody_follows_the_readme_in_a_window_of_their_own(
    stack: Launched, windows: Windows
) -> None:
    ada = await windows.teams("Ada Ops")
    await ada.add_app("ops", team="Payments")
    card = await private_card(ada, "Installation is complete")
    page = await opened(ada.page, card.get_by_role("link", name="Authorize"))
    await sign_in(page, "Ada Ops")
    await allow(page, connected("Payments"))
    await private_card(ada, "Authorize and complete setup")

    mia = await windows.teams("Mia Tenant")
    await tell_bot(mia, "appconnect")
    asked = await private_card(mia, "Authorize and complete setup")
    page = await opened(mia.page, asked.get_by_role("link", name="Authorize and complete setup"))
    await sign_in(page, "Mia Tenant")
    await page.get_by_role("button", name="Accept").click()
    await expect(page.get_by_text("Thank you.")).to_be_visible()
    await private_card(ada, "Setup is now complete!")

    general = await ada.open_channel("Payments", "General")
    await general.expect_message("Muster is connected to PagerDuty")
    await ada.page.get_by_test_id("card").get_by_role("button", name=OFFER).click()
    page = await open_offer(ada, await private_card(ada, "Link your accounts", OFFER))
    await sign_in_at_microsoft(page, "Ada Ops")
    await allow(page, LINKED)  # PagerDuty knows her from the authorization
    await expect_linked(page, "Ada Ops")
    assert [person for person, _ in await ties(stack)] == ["Ada Ops"]
