"""What people see while a part is away, and that nothing is wrong once it is back."""

import pytest

from tests.e2e.screens import keep
from tests.e2e.windows import Windows
from tests.support.product import Product
from tests.support.simulators import PagerDuty, Teams

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.soak]

ADA_USER = "PUSER01"
TEAMS_PATIENCE = 3.0
"""Seconds in which Teams wants an answer to a press."""


async def test_a_click_while_pagerduty_is_down_is_told_and_works_later(
    windows: Windows, pagerduty: PagerDuty
) -> None:
    title = "Login page answers 502"
    ada = await windows.teams("Ada Ops")
    card = (await ada.open_channel("Payments", "ops")).card(title)
    incident = await pagerduty.trigger(title)
    await card.expect("Triggered")

    await pagerduty.fault("rest", "status", status=503, times=100, match={"incident": incident})
    assert await card.click("Acknowledge") < TEAMS_PATIENCE
    await card.expect("Triggered", "Acknowledge was not done. PagerDuty did not answer.")
    await card.expect_buttons("Acknowledge", "Resolve", "Create Meeting", "•••", "Open in PagerDuty")
    await keep(ada.page, "pagerduty-down")
    await pagerduty.clear_faults()
    assert await pagerduty.changes(incident) == []

    await card.click("Acknowledge")
    await card.expect("Acknowledged by Ada Ops")
    await card.expect_without("was not done")
    assert await pagerduty.changes(incident) == [(ADA_USER, "acknowledged")]


async def test_what_happens_while_temporal_is_down_is_shown_when_it_is_back(
    windows: Windows, pagerduty: PagerDuty, product: Product
) -> None:
    title = "Nightly backup has not started"
    ada = await windows.teams("Ada Ops")
    card = (await ada.open_channel("Payments", "ops")).card(title)
    incident = await pagerduty.trigger(title)
    await card.expect("Triggered")

    await product.stop("temporal", seconds=8)
    assert await card.click("Acknowledge") < TEAMS_PATIENCE
    await ada.expect_toast("Muster is not reachable right now. Try again in a moment.")
    await keep(ada.page, "temporal-down")
    await pagerduty.add_note(incident, "Written while nobody listened.")
    await product.expect_back("temporal")

    await card.click("Acknowledge")
    await card.expect("Acknowledged by Ada Ops", "Written while nobody listened.")
    assert await pagerduty.changes(incident) == [(ADA_USER, "acknowledged")]


async def test_a_killed_worker_is_a_delay_and_nothing_else(
    windows: Windows, pagerduty: PagerDuty, records: Teams, product: Product
) -> None:
    title, second_title = "Message queue grows", "Message queue is full"
    ada = await windows.teams("Ada Ops")
    ops = await ada.open_channel("Payments", "ops")
    card = ops.card(title)
    incident = await pagerduty.trigger(title)
    await card.expect("Triggered")

    await product.stop("worker", seconds=2 * TEAMS_PATIENCE)
    second = await pagerduty.trigger(second_title)
    await pagerduty.add_note(incident, "The worker is dead.")
    assert await card.click("Acknowledge") < TEAMS_PATIENCE
    await ada.expect_toast("Muster is working on it: Acknowledge.")
    await keep(ada.page, "worker-killed")

    await card.expect("Acknowledged by Ada Ops", "The worker is dead.")
    await ops.card(second_title).expect("Triggered")
    await product.expect_back("worker")

    await card.click("Resolve")
    await card.expect("Resolved by Ada Ops")
    await card.expect_replies()
    await keep(ada.page, "worker-back")
    assert await pagerduty.changes(incident) == [(ADA_USER, "acknowledged"), (ADA_USER, "resolved")]
    for one in (incident, second):
        assert len(await records.cards("Payments", "ops", one)) == 1
