"""From an app that nobody installed to a team that belongs to a PagerDuty account, as the README tells it.

``MUSTER_PICTURES=1`` renews its pictures in docs, as in test_pictures.py.
"""

from collections.abc import Iterator

import pytest
from playwright.async_api import expect

from sandbox.up.supervision.launch import Launched
from tests.e2e.screens import PICTURES, Screen, keep
from tests.e2e.setting_up import (
    allow,
    connected,
    expect_answer,
    keep_channel_on_every_screen,
    keep_on_every_screen,
    keep_page_on_every_screen,
    key_on,
    mention_bot,
    opened,
    private_card,
    sign_in,
    tell_bot,
)
from tests.e2e.temporal_ui import TemporalUi
from tests.e2e.windows import Windows
from tests.support.product import running

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

_CARD = Screen("setup-card", width=1000, height=560, scale=1.2)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    """A product in which nothing is connected and nothing is consented; each test has a team of its own."""
    with running(tmp_path_factory.mktemp("setup"), "--empty") as stack:
        yield stack


async def test_a_team_comes_aboard(stack: Launched, windows: Windows) -> None:
    """Ada installs and owns the PagerDuty account, Mia is Microsoft's admin."""
    ada = await windows.teams("Ada Ops")
    await ada.add_app("ops", team="Payments")
    card = await private_card(ada, "Installation is complete")
    await keep_on_every_screen(windows, "Ada Ops", "Installation is complete", "setup-1-installed")

    pictured = await windows.teams("Ada Ops", _CARD)
    await private_card(pictured, "Installation is complete")
    await pictured.page.mouse.move(0, 0)
    await keep(pictured.page, _CARD.name, folder=PICTURES)

    page = await opened(ada.page, card.get_by_role("link", name="Authorize"))
    await expect(page.get_by_role("main")).to_contain_text("Payments")
    await keep_page_on_every_screen(page, "setup-2-authorize")
    await sign_in(page, "Ada Ops")
    await expect(page.get_by_role("heading", name="Authorize Muster?")).to_be_visible()
    await keep_page_on_every_screen(page, "setup-3-pagerduty")
    await allow(page, connected("Payments"))
    await keep_page_on_every_screen(page, "setup-4-connected")
    await page.set_viewport_size({"width": 640, "height": 300})
    await keep(page, "setup-connected", folder=PICTURES)
    await page.reload()
    await expect(page.get_by_text(connected("Payments"))).to_be_visible()

    await private_card(ada, "The team is connected to PagerDuty")
    consent = await private_card(ada, "Authorize and complete setup")
    await keep_on_every_screen(windows, "Ada Ops", "Authorize and complete setup", "setup-5-consent")

    mia = await opened(ada.page, consent.get_by_role("link", name="Authorize and complete setup"))
    await sign_in(mia, "Mia Tenant")
    await keep_page_on_every_screen(mia, "setup-6-microsoft")
    await mia.get_by_role("button", name="Accept").click()
    await expect(mia.get_by_text("Thank you.")).to_be_visible()
    await keep_page_on_every_screen(mia, "setup-7-consented")
    await private_card(ada, "Setup is now complete!")
    await keep_on_every_screen(windows, "Ada Ops", "Setup is now complete!", "setup-8-complete")

    general = await ada.open_channel("Payments", "General")
    await general.expect_message("Muster is connected to PagerDuty")
    await keep_channel_on_every_screen(
        windows, "Ada Ops", "Payments", "General", "Muster is connected to PagerDuty", "setup-9-welcome"
    )
    await _the_timeline_reads_like_the_setup(windows, stack)


async def _the_timeline_reads_like_the_setup(windows: Windows, stack: Launched) -> None:
    """Operators see who did what, and what is waited for."""
    screen = Screen("setup-timeline", width=1500, height=1400, scale=1.5)
    ui = TemporalUi(await windows.open(screen), stack.ready["temporal_ui"])
    await ui.open_workflow("setup/payments", query="WorkflowType = 'TeamSetup'")
    await ui.expect_status("Completed")
    await ui.expect_timeline(
        "installed",
        "store.make_offer • authorize",
        "teams.show_notice • installer/1 · Ada Ops · open",
        "the link expires",
        "authorized",
        "teams.show_notice • welcome/1 · channel",
        "teams.show_notice • installer/1 · Ada Ops · authorized",
        "store.make_offer • consent",
        "teams.show_notice • consent/1 · Ada Ops · open",
        "the consent link expires",
        "consent_returned",
        "graph.read_roles • reading 1 after a return",
        "teams.show_notice • consent/1 · Ada Ops · complete",
    )
    await ui.fold_input()
    await keep(ui.page, screen.name, folder=PICTURES)


async def test_a_key_brings_a_team_aboard(windows: Windows) -> None:
    """Bo installs and is no admin; Ada is one, and is sent the command with the KEY."""
    bo = await windows.teams("Bo Call")
    await bo.add_app("alerts", team="Platform")
    card = await private_card(bo, "Installation is complete")
    await card.get_by_role("button", name="I'm not a PagerDuty Admin").click()
    shown = await key_on(card)
    await keep_on_every_screen(windows, "Bo Call", "Send these instructions", "key-1-instructions")

    await mention_bot(bo, "Platform", "alerts", f"authorize {shown}")
    await expect_answer(bo, "works in our private chat alone")
    await keep(bo.page, "key-2-in-a-channel")
    ada = await windows.teams("Ada Ops")
    await tell_bot(ada, f"authorize {shown}")
    await expect_answer(ada, "This KEY was written in a channel, so it works no more.")
    expired = await private_card(bo, "The link does not work any more")
    await keep(bo.page, "key-3-over")
    await expired.get_by_role("button", name="Send a new link").click()
    card = await private_card(bo, "Installation is complete")
    await card.get_by_role("button", name="I'm not a PagerDuty Admin").click()
    key = await key_on(card)
    assert key != shown

    await tell_bot(ada, "authorize 0123456789AB")
    await expect_answer(ada, "I do not know this KEY.")
    await tell_bot(ada, f"authorize {key}")
    await expect_answer(ada, "Muster has sent you a private message.")
    admin = await private_card(ada, "Connect a team to PagerDuty")
    await keep_on_every_screen(windows, "Ada Ops", "Connect a team to PagerDuty", "key-4-admin")
    page = await opened(ada.page, admin.get_by_role("link", name="Authorize"))
    await expect(page.get_by_role("main")).to_contain_text("Bo Call")
    await sign_in(page, "Ada Ops")
    await allow(page, connected("Platform"))
    await private_card(bo, "The team is connected to PagerDuty", "by Ada Ops")
    await private_card(ada, "The team is connected to PagerDuty", "Platform")
    await keep(bo.page, "key-5-connected")


async def test_the_bot_answers_in_private_and_in_a_channel(windows: Windows) -> None:
    """Whatever the other tests have done to the teams."""
    ada = await windows.teams("Ada Ops")
    for command, texts in (
        ("help", ("I understand:", "authorize KEY")),
        ("status", ("Send status in a team's channel",)),
        ("stauts", ("Did you mean status?",)),
        ("open", ("Open PagerDuty",)),
        ("configure", ("Everything is set up here",)),
    ):
        await tell_bot(ada, command)
        await expect_answer(ada, *texts)
        await keep(ada.page, f"commands-{command}")
