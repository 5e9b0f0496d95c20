"""What operators see of an incident in the Temporal UI, and the README's pictures.

``MUSTER_PICTURES=1 pytest tests/e2e/test_pictures.py`` renews the pictures in docs.
"""

import asyncio
from collections.abc import Iterator

import pytest

from sandbox.up.supervision.launch import Launched
from tests.e2e.screens import FOR_THE_README, PICTURES, Screen, keep
from tests.e2e.temporal_ui import TemporalUi
from tests.e2e.windows import Windows
from tests.support.product import running
from tests.support.simulators import P1, P2, P3, PagerDuty

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.soak]

_CARD_SCREENS = (
    Screen("card-light", width=1100, height=1500, scale=1.5),
    Screen("card-dark", width=1100, height=1500, dark=True),
    Screen("card-phone", width=375, height=647, scale=2),
)
_ALERTS = [
    {
        "summary": "LedgerDeadlocks: 40 a minute on ledger-primary",
        "source": "ledger-primary.eu-west-1.compute.internal",
        "severity": "critical",
        "custom_details": {"deadlocks_per_minute": 40, "pod": "ledger-7d9f8b6c5d-x2x7q"},
        "links": [
            {"href": "https://wiki.acme.example/runbooks/ledger", "text": "Runbook"},
            {"href": "https://grafana.acme.example/d/ledger?from=now-1h", "text": "Dashboard"},
        ],
    },
    {"summary": "BookingLatencyHigh", "source": "ledger-api", "severity": "warning"},
]
_WHILE = 65 if FOR_THE_README else 0
"""Seconds that an incident stays as it is: a picture tells of minutes, and every time in it is a true one."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    """A product of their own: the channel holds nothing but what the pictures show."""
    with running(tmp_path_factory.mktemp("pictures")) as stack:
        yield stack


@pytest.mark.timeout(120 + 3 * _WHILE)
async def test_cards_in_a_channel_are_pictured(windows: Windows, pagerduty: PagerDuty) -> None:
    over, taken, new = (
        "Checkout latency above 2 s in eu-west-1",
        "Card payments declined by one acquirer",
        "Ledger bookings fail with deadlocks",
    )
    ada = await (await windows.teams("Ada Ops")).open_channel("Payments", "ops")
    bo = await (await windows.teams("Bo Call")).open_channel("Payments", "ops")
    await pagerduty.trigger(over, priority=P1)
    await bo.card(over).expect("Triggered")
    await asyncio.sleep(_WHILE)
    await ada.card(over).click("Acknowledge")
    await bo.card(over).expect("Acknowledged by Ada Ops")
    second = await pagerduty.trigger(taken, priority=P2)
    await bo.card(taken).expect("Triggered")
    await asyncio.sleep(_WHILE)
    await bo.card(taken).click("Acknowledge")
    await ada.card(taken).expect("Acknowledged by Bo Call")
    await pagerduty.add_note(second, "Traffic moved to the second acquirer; declines are back to normal.")
    await ada.card(taken).expect("declines are back to normal")
    await asyncio.sleep(_WHILE)
    await ada.card(over).click("Resolve")
    await bo.card(over).expect("Resolved by Ada Ops")
    await pagerduty.monitor(new, service=pagerduty.ledger, priority=P1, alerts=_ALERTS)
    await bo.card(new).expect("Triggered", "Escalates to level 2")

    for screen in _CARD_SCREENS:
        window = await windows.teams("Ada Ops", screen)
        ops = await window.open_channel("Payments", "ops")
        await ops.card(over).expect("Resolved by Ada Ops")
        if screen.name == "card-phone":
            await ops.card(new).click_on_page("Details")
            await ops.card(new).expect("LedgerDeadlocks", "Runbook")
            await ops.card(new).show()
        else:
            await ops.card(taken).show()
        await window.page.mouse.move(0, 0)
        await keep(window.page, screen.name, folder=PICTURES)


async def test_the_timeline_reads_like_the_life(
    stack: Launched, windows: Windows, pagerduty: PagerDuty
) -> None:
    title = "Refunds are stuck in the queue"
    ada = await (await windows.teams("Ada Ops")).open_channel("Payments", "ops")
    bo = await (await windows.teams("Bo Call")).open_channel("Payments", "ops")
    incident = await pagerduty.trigger(title, priority=P3)
    await ada.card(title).expect("Triggered", "Escalates to level 2")
    await ada.card(title).click("Acknowledge")
    await bo.card(title).expect("Acknowledged by Ada Ops")
    await pagerduty.add_note(incident, "Restarted the consumers.")
    await bo.card(title).expect("Restarted the consumers.")
    await pagerduty.update(incident, priority={"type": "priority_reference", "id": P1})
    await bo.card(title).expect_replies("Priority raised to P1")
    await pagerduty.update(incident, status="resolved")
    await bo.card(title).expect_replies("Priority raised to P1", "Resolved by Ada Ops")

    screen = Screen("temporal-timeline", width=1500, height=1260, scale=1.5)
    ui = TemporalUi(await windows.open(screen), stack.ready["temporal_ui"])
    await ui.open_workflow(f"incident/acme/{incident}/payments-ops", query=f"PdIncident = '{incident}'")
    await ui.expect_status("Completed")
    await ui.expect_timeline(
        "incident.triggered",
        "teams.show_card • rev 1 · triggered",
        "pagerduty.read_details • responders, acknowledgers",
        "edit interval",
        "teams.show_card • rev 2 · triggered",
        "acknowledge",
        "pagerduty.change_status • as Ada Ops",
        "teams.show_card • rev 3 · acknowledged",
        "incident.annotated",
        "teams.show_card • rev 4 · note added",
        "incident.priority_updated",
        "teams.show_card • rev 5 · priority updated",
        "teams.reply • priority raised",
        "incident.resolved",
        "teams.show_card • rev 6 · resolved",
        "teams.reply • resolved",
        "grace",
    )
    await ui.fold_input()
    await keep(ui.page, screen.name, folder=PICTURES)
