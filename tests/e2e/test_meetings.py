"""A meeting for an incident: made from the card, in calendars, in PagerDuty; what can keep it from that."""

import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Locator, Page, expect

from sandbox.up.supervision.launch import Launched
from tests.e2e.chat_window import ChatWindow
from tests.e2e.screens import DESKTOP, SCREENS, keep
from tests.e2e.setting_up import answer, keep_page_on_every_screen, keep_teams_on_every_screen
from tests.e2e.teams_window import TeamsWindow
from tests.e2e.temporal_ui import TemporalUi
from tests.e2e.windows import Windows
from tests.support.product import Product, running
from tests.support.simulators import P2, Microsoft, PagerDuty, Teams

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow]

CALENDARS = "Calendars.ReadWrite"
JOIN = r"https://teams\.microsoft\.com/l/meetup-join/\S+"
TEAMS_PATIENCE = 3.0
"""Seconds in which Teams wants an answer to a press."""
_WITH_BOTH = ("Acknowledge", "Resolve", "Join Meeting", "•••", "Open in PagerDuty")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    """A product of its own: a permission is taken away, and its worker is killed."""
    with running(tmp_path_factory.mktemp("meetings")) as stack:
        yield stack


async def test_a_meeting_is_made_from_the_card_and_everybody_finds_the_way_in(
    stack: Launched, windows: Windows, pagerduty: PagerDuty
) -> None:
    title = "Checkout: latency above 2 s in eu-west-1"
    di = ChatWindow(await windows.teams("Di Pager"))
    in_ops = (await di.window.open_channel("Payments", "ops")).card(title)
    incident = await pagerduty.trigger(title, priority=P2)
    number = (await pagerduty.incident(incident))["incident_number"]
    await in_ops.expect("Triggered")
    await in_ops.choose("Create Chat")
    await di.window.close_toast("chat")
    await in_ops.expect("Join Chat")

    # Di asks for it, and reads in time who is invited. Both cards lead there, also that of the chat.
    assert await in_ops.click("Create Meeting") < TEAMS_PATIENCE
    toast = di.page.get_by_test_id("toast")
    await expect(toast).to_contain_text(
        re.compile(rf"There is a meeting for this incident: {JOIN} · Invited: Bo Call|is making the meeting")
    )
    await keep(di.page, "meeting-1-answered")
    await in_ops.expect_buttons(*_WITH_BOTH)
    topic = f"Incident #{number} {title.replace(':', '')}"
    in_room = (await (await windows.teams("Bo Call")).open_chat(topic)).card(title)
    await in_room.expect_buttons("Acknowledge", "Resolve", "Join Meeting", "Open in PagerDuty")
    for screen in SCREENS:
        window = await windows.onlooking("Bo Call", screen)
        channel = await window.open_channel("Payments", "ops")
        await channel.card(title).show()
        await keep(window.page, f"meeting-2-channel-{screen.name}")

    # In PagerDuty it is the incident's bridge, and a note tells of it.
    ada = await windows.pagerduty("Ada Ops")
    await ada.open_incident(title)
    await ada.expect_bridge("https://teams.microsoft.com/l/meetup-join/", "+1 206 555 0100,,")
    await ada.expect_note("Microsoft Teams meeting: https://teams.microsoft.com/l/meetup-join/")
    await keep_page_on_every_screen(ada.page, "meeting-3-pagerduty")

    # The way in leads to a page that says who would be there; the meeting stands in calendars.
    await in_ops.click_on_page("Join Meeting")
    meeting = di.page.get_by_test_id("meeting")
    await expect(meeting).to_contain_text("Bo Call")
    await keep_teams_on_every_screen(di.page, "meeting-4-join")
    await _see_calendar(di.page, f"Incident #{number} {title}")
    await keep_teams_on_every_screen(di.page, "meeting-5-calendar")

    ui = TemporalUi(await windows.open(DESKTOP), stack.ready["temporal_ui"])
    await ui.open_workflow(f"room/acme/{incident}", query=f"PdIncident = '{incident}'")
    await ui.expect_timeline(
        "graph.create_meeting • Di Pager's calendar", "pagerduty.set_bridge", "pagerduty.add_link_note"
    )
    await keep(ui.page, "meeting-6-temporal")

    await ada.resolve()
    await _see_calendar(di.page, f"✓ Incident #{number} {title}")


async def test_what_is_missing_is_said_with_what_an_admin_runs_and_then_it_works(
    windows: Windows, pagerduty: PagerDuty, microsoft: Microsoft, records: Teams, product: Product
) -> None:
    title = "Card payments are declined"
    di = await windows.teams("Di Pager")
    card = (await di.open_channel("Payments", "ops")).card(title)
    incident = await pagerduty.trigger(title)
    await card.expect("Triggered")
    await microsoft.revoke(CALENDARS)
    await product.forget_tokens()

    await card.click("Create Meeting")
    said = await _refusal(di)
    await expect(said).to_contain_text(
        "The meeting cannot be made: Calendars.ReadWrite is not granted, and no application access policy "
        "allows Muster to make meetings for Di Pager"
    )
    await expect(said).to_contain_text("A Teams admin runs: New-CsApplicationAccessPolicy -Identity")
    await expect(said).to_contain_text("Grant-CsApplicationAccessPolicy")
    await keep_teams_on_every_screen(di.page, "meeting-7-help")
    assert await pagerduty.bridge(incident) is None

    made = await _made(records)
    await records.allow_meetings()
    card = (await di.open_channel("Payments", "ops")).card(title)
    await card.click("Create Meeting")
    await card.expect_buttons("Acknowledge", "Resolve", "Join Meeting", "•••", "Open in PagerDuty")
    bridge = await pagerduty.bridge(incident)
    assert bridge is not None
    assert re.fullmatch(JOIN, bridge["conference_url"])
    assert [one.split()[0] for one in await pagerduty.notes(incident)] == ["Microsoft"]
    assert await _made(records) == made + 1


async def _made(records: Teams) -> int:
    """How many entries and meetings Microsoft has made."""
    calls = (await records.records())["graph_calls"]
    created = [one for one in calls if (one["method"], one["status"]) == ("POST", 201)]
    return len([one for one in created if one["path"].endswith(("/events", "/onlineMeetings/createOrGet"))])


async def _refusal(window: TeamsWindow) -> Locator:
    """The answer; where a worker that has just started takes long, what is told in private instead."""
    toast = window.page.get_by_test_id("toast")
    is_late = toast.filter(has_text="is making the meeting")
    await expect(toast.filter(has_text="cannot be made").or_(is_late)).to_be_visible()
    if await is_late.count() == 0:
        return toast
    await window.open_chat("Muster")
    return answer(window, "The meeting cannot be made")


async def _see_calendar(page: Page, subject: str) -> None:
    """The person's calendar has one entry of this subject."""
    if await page.get_by_role("link", name="Back to the calendar").is_visible():
        await page.get_by_role("link", name="Back to the calendar").click()
    entry = page.get_by_test_id("calendar-entry").filter(has_text=subject)
    await expect(entry).to_have_count(1, timeout=30_000)
