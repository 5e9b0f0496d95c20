"""Temporal or Postgres away for twenty seconds, while events and presses go on."""

import asyncio

import pytest

from tests.chaos.chat import Chat
from tests.chaos.company import TEAMS_PATIENCE, Company, Incident
from tests.chaos.invariants import in_sync
from tests.chaos.room import made_for

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

AWAY = 20
HALF_A_MINUTE = 0.5


@pytest.mark.parametrize("part", ["temporal", "postgres"])
async def test_nothing_is_lost_while_a_server_is_away_for_twenty_seconds(company: Company, part: str) -> None:
    old = await company.incident()
    await old.shown_and_recorded()
    await (await Chat.opened(company)).follow(old)
    await old.shown_and_recorded()
    room = await made_for(old)
    pressed = await old.card()
    await company.product.stop(part, seconds=AWAY)
    new = [await company.incident(service=company.pagerduty.ledger) for _ in range(2)]
    await old.note("Written meanwhile")
    await new[0].becomes("acknowledged")

    (answer,) = await old.click("acknowledge", message=pressed)
    assert answer["ms"] < TEAMS_PATIENCE
    assert "not reachable right now" in str(answer["body"])
    old.expected_outcomes -= 1  # it was not accepted, and said so
    for incident in new:
        for webhook in await company.pagerduty.webhooks(incident.id):
            assert {attempt["status"] for attempt in webhook["attempts"]} <= {None, 503}
    await company.product.expect_back(part)

    # PagerDuty tries again after up to half a minute; its clock need not be waited for.
    await company.pagerduty.advance(minutes=HALF_A_MINUTE)
    await old.agrees("Written meanwhile")
    await new[0].shows("Acknowledged by Ada Ops")
    await new[1].shows("Triggered")
    (answer,) = await old.click("acknowledge")
    assert "Acknowledged by Bo Call" in str(answer["body"])
    assert await old.changes_by_buttons() == ["acknowledged"]
    await asyncio.gather(*(in_sync(incident) for incident in (old, *new)))
    assert await room.violations() == []
    await _nothing_is_quarantined(company, old, *new)


async def _nothing_is_quarantined(company: Company, *incidents: Incident) -> None:
    kept = await company.rows("SELECT convert_from(body, 'UTF8') AS body FROM quarantined_event")
    assert not [row for row in kept if any(incident.id in row["body"] for incident in incidents)]
