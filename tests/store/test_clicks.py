"""One row and one outcome per click."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from muster.store import clicks
from muster.store.pool import Pool
from tests.support.company import ACCOUNT, ADA_AAD, OPS
from workflows.channel_incident.messages import CardKey
from workflows.verbs.click import Click, Clicker
from workflows.verbs.outcomes import Outcome, RecordedOutcome

pytestmark = pytest.mark.anyio

KEY = CardKey(account=ACCOUNT, incident_id="Q1", conversation=OPS)
RECEIVED_AT = datetime(2026, 1, 1, 10, tzinfo=UTC)
DONE = Outcome(kind="done", status="acknowledged")
REFUSED = Outcome(kind="refused", reason="forbidden", by="Ada Ops")


def click(key: str = "k1", *, seconds: int = 0) -> Click:
    return Click(
        key=key,
        verb="acknowledge",
        person=Clicker(aad_object_id=ADA_AAD, teams_id="29:ada", name="Ada Ops", link=1),
        message="1700000000001",
        received_at=RECEIVED_AT + timedelta(seconds=seconds),
        correlation="f:1",
    )


async def test_a_click_that_was_not_recorded_has_no_outcome(pool: Pool) -> None:
    assert await clicks.outcome_of(pool, "k1") is None


async def test_a_click_is_recorded_with_who_and_when(pool: Pool) -> None:
    await clicks.record(pool, KEY, click(), DONE)
    assert await clicks.outcome_of(pool, "k1") == DONE
    row = await pool.fetchrow("SELECT * FROM click")
    assert row is not None
    assert (row["verb"], row["aad_object_id"], row["person_name"]) == ("acknowledge", ADA_AAD, "Ada Ops")
    assert row["received_at"] == RECEIVED_AT
    assert (row["account"], row["incident_id"], row["conversation"]) == (ACCOUNT, "Q1", OPS)
    assert row["recorded_at"] is not None


async def test_what_postgres_does_not_take_is_recorded_as_it_can_be(pool: Pool) -> None:
    """An outcome that is not recorded would be done again: a NUL must not make a click be told for ever."""
    odd = click()
    person = odd.person.model_copy(update={"name": "Ada\x00\ud83d Ops"})
    outcome = Outcome(
        kind="refused", reason="refused_by_pagerduty", by="B\x00o", code="2001", says="No\x00 \ud83d"
    )
    await clicks.record(pool, KEY, odd.model_copy(update={"person": person}), outcome)
    assert await clicks.outcome_of(pool, "k1") == outcome.model_copy(update={"by": "Bo", "says": "No "})
    assert await pool.fetchval("SELECT person_name FROM click") == "Ada Ops"


async def test_the_first_outcome_stands(pool: Pool) -> None:
    await clicks.record(pool, KEY, click(), DONE)
    await clicks.record(pool, KEY, click(), REFUSED)
    assert await clicks.outcome_of(pool, "k1") == DONE


async def test_many_at_once_make_one_row(pool: Pool) -> None:
    await asyncio.gather(*(clicks.record(pool, KEY, click(), DONE) for _ in range(8)))
    assert await pool.fetchval("SELECT count(*) FROM click") == 1


async def test_the_latest_outcomes_of_a_card_are_read_oldest_first(pool: Pool) -> None:
    for number in range(60):
        await clicks.record(pool, KEY, click(f"k{number}", seconds=number), DONE)
    elsewhere = KEY.model_copy(update={"incident_id": "Q2"})
    await clicks.record(pool, elsewhere, click("other", seconds=99), REFUSED)
    assert await clicks.recent(pool, KEY) == tuple(
        RecordedOutcome(key=f"k{number}", outcome=DONE) for number in range(10, 60)
    )
    assert await clicks.recent(pool, elsewhere) == (RecordedOutcome(key="other", outcome=REFUSED),)
