"""A click that PagerDuty refuses or does not answer: the sentence stays, and the button beside it acts."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.e2e.screens import keep
from tests.e2e.teams_window import Card
from tests.e2e.windows import Windows
from tests.support.product import Product
from tests.support.simulators import PagerDuty, Teams

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

ADA_USER = "PUSER01"
LONG_ENOUGH = 5.0
"""Seconds in which a person reads a sentence."""


class Triggered:
    """An incident whose card nothing but a click will change."""

    def __init__(self, card: Card, seen_by_bo: Card, incident: str, records: Teams) -> None:
        self.card = card
        self.seen_by_bo = seen_by_bo
        self.incident = incident
        self._records = records

    async def versions(self) -> int:
        """How often its message was written."""
        (message,) = await self._records.cards("Payments", "ops", self.incident)
        return len(message["versions"])


@pytest.fixture
async def triggered(
    windows: Windows, pagerduty: PagerDuty, records: Teams, request: pytest.FixtureRequest
) -> AsyncIterator[Triggered]:
    """An incident of its own, in Ada's window and in Bo's, whose details have been read."""
    title = f"Refused: {request.node.name}"[:80]
    ada, bo = await windows.teams("Ada Ops"), await windows.teams("Bo Call")
    card = (await ada.open_channel("Payments", "ops")).card(title)
    seen_by_bo = (await bo.open_channel("Payments", "ops")).card(title)
    incident = await pagerduty.trigger(title)
    for one in (card, seen_by_bo):
        await one.expect("Triggered", "unless acknowledged")  # which only the details tell
    yield Triggered(card, seen_by_bo, incident, records)
    await keep(ada.page, f"refused-{request.node.name}")


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ({"status": 401}, "Acknowledge was not done: PagerDuty does not accept your link any more"),
        ({"status": 403}, "Acknowledge was not done: PagerDuty does not allow Ada Ops to do this."),
        (
            {"status": 429, "retry_after": 4},
            "Acknowledge was not done. PagerDuty is limiting requests right now.",
        ),
        ({"status": 503}, "Acknowledge was not done. PagerDuty did not answer."),
    ],
    ids=["401", "403", "429", "503"],
)
async def test_a_refusal_stays_on_the_screen_and_the_button_beside_it_acts(
    triggered: Triggered, pagerduty: PagerDuty, fault: dict[str, Any], sentence: str
) -> None:
    before = await triggered.versions()
    await pagerduty.fault("rest", "status", times=100, match={"incident": triggered.incident}, **fault)
    await triggered.card.click("Acknowledge")
    await triggered.card.expect_to_stay("Triggered", sentence, seconds=LONG_ENOUGH)
    assert await triggered.versions() == before
    await triggered.seen_by_bo.expect_without("was not done")

    await pagerduty.clear_faults()
    assert await pagerduty.changes(triggered.incident) == []
    await triggered.card.click("Acknowledge")
    await triggered.card.expect("Acknowledged by Ada Ops")
    await triggered.card.expect_without("was not done")
    assert await pagerduty.changes(triggered.incident) == [(ADA_USER, "acknowledged")]


@pytest.mark.soak
@pytest.mark.slow
async def test_a_click_on_a_dead_pagerduty_is_told_for_as_long(
    triggered: Triggered, product: Product
) -> None:
    """A simulator that is killed may forget the latest incident, so nothing is pressed afterwards."""
    before = await triggered.versions()
    await product.stop("pagerduty", seconds=2 * LONG_ENOUGH)
    await triggered.card.click("Acknowledge")
    await triggered.card.expect_to_stay(
        "Triggered", "Acknowledge was not done. PagerDuty did not answer.", seconds=LONG_ENOUGH
    )
    assert await triggered.versions() == before

    await product.expect_back("pagerduty")
