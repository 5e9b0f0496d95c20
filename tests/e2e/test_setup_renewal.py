"""A link that nobody used in time."""

from collections.abc import Iterator

import pytest
from playwright.async_api import expect

from sandbox.up.supervision.launch import Launched
from tests.e2e.screens import DESKTOP
from tests.e2e.setting_up import (
    INVALID,
    address_behind,
    allow,
    connected,
    keep_on_every_screen,
    keep_page_on_every_screen,
    opened,
    private_card,
    sign_in,
)
from tests.e2e.windows import Windows
from tests.support.product import running

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

_LIFE = "20"
"""Seconds of a link: waited for once, and enough to use the next one."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    """A product in which nothing is connected, and whose links expire soon."""
    folder = tmp_path_factory.mktemp("renewal")
    with running(folder, "--empty", env={"MUSTER_LINK_LIFE": _LIFE}) as stack:
        yield stack


async def test_an_expired_link_is_renewed(windows: Windows) -> None:
    ada = await windows.teams("Ada Ops")
    await ada.add_app("ops", team="Payments")
    card = await private_card(ada, "Installation is complete")
    link = await address_behind(ada.page, card.get_by_role("link", name="Authorize"))

    expired = await private_card(ada, "The link has expired", within=2 * float(_LIFE))
    old = await windows.open(DESKTOP)
    answer = await old.goto(link)
    assert answer is not None
    assert answer.status == 410
    await expect(old.get_by_text(INVALID)).to_be_visible()
    await keep_page_on_every_screen(old, "renewal-1-page")
    await keep_on_every_screen(windows, "Ada Ops", "The link has expired", "renewal-2-expired")

    await expired.get_by_role("button", name="Send a new link").dblclick()
    card = await private_card(ada, "Installation is complete")
    replaced = await private_card(ada, "A newer message holds the link")
    await expect(replaced.locator(".ac-pushButton")).to_have_count(0)
    await expect(ada.page.get_by_test_id("card")).to_have_count(2)
    page = await opened(ada.page, card.get_by_role("link", name="Authorize"))
    assert page.url != link
    await sign_in(page, "Ada Ops")
    await allow(page, connected("Payments"))
    await private_card(ada, "The team is connected to PagerDuty")
    # Were there another new link, its card would say so too.
    await expect(ada.page.get_by_test_id("card").filter(has_text="A newer message")).to_have_count(1)
