"""The main story: an incident's life, as everybody sees it in PagerDuty and in Teams."""

import pytest

from tests.e2e.screens import keep
from tests.e2e.windows import Onlooker, Windows

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow]

TITLE = "Checkout latency above 2 s in eu-west-1"
NOTE = "Deploy 4711 rolled back, error rate falling."


async def test_an_incident_lives_in_pagerduty_and_teams(windows: Windows) -> None:
    console = await windows.pagerduty("Ada Ops")
    ada = await windows.teams("Ada Ops")
    card = (await ada.open_channel("Payments", "ops")).card(TITLE)
    bo = await Onlooker.open(windows, "Bo Call", team="Payments", channel="ops")
    elsewhere = await windows.teams("Di Pager")
    await elsewhere.open_channel("Payments", "ops")
    await elsewhere.open_channel("Payments", "General")
    await elsewhere.expect_read("Payments", "ops")

    await console.trigger(TITLE, service="Checkout", priority="P3")
    await keep(console.page, "1-triggered-pagerduty")
    await card.expect("Triggered", "P3 · High", "Bo Call")
    await card.expect_buttons(
        "Acknowledge", "Resolve", "Create Meeting", "•••", "Details", "Open in PagerDuty"
    )
    await bo.expect_card(TITLE, "Triggered", picture="1-triggered")
    await elsewhere.expect_unread("Payments", "ops", count=1)

    await card.click("Acknowledge")
    await card.expect("Acknowledged by Ada Ops")
    await card.expect_buttons("Resolve", "Create Meeting", "Create Chat", "Details", "Open in PagerDuty")
    await keep(ada.page, "2-acknowledged-by-me")
    await bo.expect_card(TITLE, "Acknowledged by Ada Ops", picture="2-acknowledged")
    await console.expect_acknowledged_by("Ada Ops")
    await keep(console.page, "2-acknowledged-pagerduty")

    await console.sign_in_as("Bo Call")
    await console.add_note(NOTE)
    await bo.expect_card(TITLE, "Latest note · Bo Call", NOTE, picture="3-note")

    await console.set_priority("P1")
    await bo.expect_replies(TITLE, "Priority raised to P1 by Bo Call", picture="4-priority-thread")
    await bo.expect_card(TITLE, "P1 · High", picture="4-priority")
    await elsewhere.expect_unread("Payments", "ops", count=2)

    await console.resolve()
    await keep(console.page, "5-resolved-pagerduty")
    await card.expect("Resolved by Bo Call")
    await card.expect_buttons("Details", "Open in PagerDuty")
    await bo.expect_card(TITLE, "Resolved by Bo Call", NOTE, picture="5-resolved")
    await bo.expect_replies(TITLE, "Priority raised", "Resolved by Bo Call", picture="5-resolved-thread")

    await elsewhere.expect_unread("Payments", "ops", count=3)
    await keep(elsewhere.page, "6-unread-elsewhere")
    late = (await elsewhere.open_channel("Payments", "ops")).card(TITLE)
    await late.expect("Resolved by Bo Call")
    await elsewhere.expect_read("Payments", "ops")
