"""Who presses what when: nothing is done in the wrong name, and a stale button shows the truth."""

import pytest
from playwright.async_api import expect

from tests.e2e.screens import keep
from tests.e2e.windows import Windows
from tests.support.simulators import PagerDuty, Teams

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

ADA_USER, BO_USER = "PUSER01", "PUSER02"


async def test_whoever_is_not_linked_changes_nothing(
    windows: Windows, pagerduty: PagerDuty, records: Teams
) -> None:
    title = "Card payments are declined"
    cy, bo = await windows.teams("Cy Net"), await windows.teams("Bo Call")
    conversation = await cy.open_channel("Payments", "ops")
    card = conversation.card(title)
    seen_by_bo = (await bo.open_channel("Payments", "ops")).card(title)
    incident = await pagerduty.trigger(title)
    await card.expect("Triggered")
    await seen_by_bo.expect("Triggered")

    await card.click("Acknowledge")
    await card.expect("Triggered", "Your account is not linked to PagerDuty", "nothing was changed")
    told = (
        "Only you can see this message",
        "You pressed Acknowledge",
        title,
        "is not linked to a PagerDuty user",
        "Link Accounts",
    )
    await conversation.expect_message(*told)
    await keep(cy.page, "unlinked-answer")

    assert await pagerduty.changes(incident) == []
    assert (await pagerduty.incident(incident))["status"] == "triggered"
    (message,) = await records.cards("Payments", "ops", incident)
    assert len(message["versions"]) == 1
    await seen_by_bo.expect_without("not linked")
    await expect(bo.page.get_by_test_id("only-you")).to_have_count(0)
    await seen_by_bo.expect_buttons("Acknowledge", "Resolve", "Create Meeting", "•••", "Open in PagerDuty")
    await cy.expect_no_unread_chat()
    await bo.expect_no_unread_chat()


async def test_a_stale_button_shows_the_truth(windows: Windows, pagerduty: PagerDuty) -> None:
    title = "Search index is two hours behind"
    ada, bo = await windows.teams("Ada Ops"), await windows.teams("Bo Call")
    card = (await ada.open_channel("Payments", "ops")).card(title)
    seen_by_bo = (await bo.open_channel("Payments", "ops")).card(title)
    incident = await pagerduty.trigger(title)
    await card.expect("Triggered")

    await pagerduty.fault("webhook", "lose", match={"incident": incident})
    await pagerduty.update(incident, status="resolved")
    assert (await pagerduty.webhook_states(incident))["incident.resolved"] == "lost"
    await card.expect("Triggered")

    await card.click("Acknowledge")
    await card.expect("Resolved by Ada Ops", "Already resolved by Ada Ops; nothing was changed.")
    await card.expect_buttons("Open in PagerDuty")
    await keep(ada.page, "stale-answer")
    await seen_by_bo.expect("Resolved by Ada Ops")
    await seen_by_bo.expect_without("nothing was changed")
    assert await pagerduty.changes(incident) == [(ADA_USER, "resolved")]


async def test_two_channels_follow_one_incident(windows: Windows, pagerduty: PagerDuty) -> None:
    title = "Payout file is late"
    ada, bo = await windows.teams("Ada Ops"), await windows.teams("Bo Call")
    in_ops = (await ada.open_channel("Payments", "ops")).card(title)
    in_alerts = (await bo.open_channel("Platform", "alerts")).card(title)

    incident = await pagerduty.trigger(title, service=pagerduty.ledger)
    await in_ops.expect("Triggered", "Ledger")
    await in_alerts.expect("Triggered", "Ledger")

    await in_alerts.click("Acknowledge")
    await in_alerts.expect("Acknowledged by Bo Call")
    await in_ops.expect("Acknowledged by Bo Call")

    await in_ops.click("Resolve")
    await in_ops.expect("Resolved by Ada Ops")
    await in_alerts.expect("Resolved by Ada Ops")
    await in_alerts.expect_replies("Resolved by Ada Ops")
    await in_ops.expect_replies()
    assert await pagerduty.changes(incident) == [(BO_USER, "acknowledged"), (ADA_USER, "resolved")]
