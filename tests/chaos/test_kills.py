"""``kill -9`` at the worst moments: afterwards everything is as it ought to be, only later."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tests.chaos.company import BO_EMAIL, DI_EMAIL, SOON, Company, Incident, QuietPlace, holding, holding_card
from tests.chaos.invariants import in_sync
from tests.chaos.room import made_for
from tests.support.waiting import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def test_a_worker_killed_before_a_post_leaves_one_card(company: Company, place: QuietPlace) -> None:
    """It waits for the row to commit its intent: nothing was sent."""
    await company.product.stop("worker", seconds=1)
    incident = await place.begins()
    await eventually(lambda: _registered(incident))
    async with holding_card(incident):
        await company.somebody_waits_for_a_lock()
        company.product.kill("worker")
    await incident.shows("Triggered")
    assert len(await incident.messages()) == 1
    await in_sync(incident)


@pytest.mark.parametrize("committed", [True, False], ids=["after the commit", "before the commit"])
async def test_a_worker_killed_between_teams_answer_and_its_record_leaves_the_latest_card(
    company: Company, committed: bool
) -> None:
    """The message is there. Whether its row says so or not, the worker cannot tell anybody any more."""
    await company.teams.fault("create", "slow", seconds=2)
    incident = await company.incident()
    await eventually(lambda: _has_an_intent(incident))
    async with holding_card(incident):
        recording = await company.somebody_waits_for_a_lock()
        assert len(await incident.messages()) == 1
        company.product.kill("worker")
        if not committed:
            await company.rows("SELECT pg_terminate_backend($1)", recording)
    await incident.note("Written while the worker was dead")
    await incident.shows("Written while the worker was dead")
    await in_sync(incident)


async def test_a_click_is_done_once_if_the_worker_is_killed_before_it_reaches_pagerduty(
    company: Company,
) -> None:
    """It waits for the incident's lock, under which it would tell PagerDuty."""
    incident = await company.incident()
    await incident.shown_and_recorded()
    async with holding(company, _LOCK, incident.write_lock):
        click = asyncio.create_task(incident.click("acknowledge"))
        await eventually(lambda: _waits_to_write(incident))
        company.product.kill("worker")
        assert await _waits_to_write(incident)
        assert await incident.writes() == []
    (answer,) = await click
    assert answer["status"] == 200
    await incident.shows("Acknowledged by Bo Call")
    assert await incident.changes_by_buttons() == ["acknowledged"]
    await in_sync(incident)


async def test_a_click_is_done_once_if_the_worker_is_killed_after_it_reached_pagerduty(
    company: Company,
) -> None:
    """PagerDuty is about to do it; whoever takes over must find that out instead of doing it again."""
    incident = await company.incident()
    await incident.shown_and_recorded()
    await company.pagerduty.fault(
        "rest", "slow", seconds=1.5, match={"method": "PUT", "incident": incident.id}
    )
    click = asyncio.create_task(incident.click("resolve", by=DI_EMAIL))
    await eventually(lambda: _waits_for_pagerduty(incident))
    assert await incident.writes() == []
    await company.product.stop("worker", seconds=_LONGER_THAN_PAGERDUTY)
    # No worker lives that could have told it since.
    await eventually(lambda: _was_written(incident), within=_LONGER_THAN_PAGERDUTY)
    await incident.shows("Resolved by Di Pager")
    await _is_done_once(incident, click)


async def test_a_click_is_done_once_if_the_worker_is_killed_before_its_outcome_is_recorded(
    company: Company,
) -> None:
    """PagerDuty did it and said so; the outcome waits for its table and is never committed."""
    incident = await company.incident()
    await incident.shown_and_recorded()
    async with holding(company, "LOCK TABLE click IN SHARE MODE"):
        click = asyncio.create_task(incident.click("resolve", by=DI_EMAIL))
        recording = await company.somebody_waits_for_a_lock()
        assert await company.backends_at(incident.write_lock, granted=True) == [recording]
        assert await incident.changes_by_buttons() == ["resolved"]
        company.product.kill("worker")
    await _is_done_once(incident, click)


async def test_a_worker_killed_with_a_burst_waiting_loses_nothing(company: Company) -> None:
    old = await company.incident()
    await old.shown_and_recorded()
    room = await made_for(old)
    await company.product.stop("worker", seconds=2)
    new = [await company.incident(service=company.pagerduty.ledger) for _ in range(3)]
    for number, incident in enumerate((old, *new)):
        await incident.note(f"Note {number}")
        await incident.becomes("acknowledged")
    click = asyncio.create_task(old.click("resolve"))
    await company.product.expect_back("worker")
    await company.restart("worker", after=0.2)
    await click
    await old.shows("Resolved by Bo Call")
    for number, incident in enumerate(new, 1):
        await incident.shows("Acknowledged by Ada Ops", f"Note {number}")
    await asyncio.gather(*(in_sync(incident) for incident in (old, *new)))
    assert await old.changes_by_buttons() == ["resolved"]
    assert await room.violations() == []


async def test_a_worker_killed_where_a_run_continues_as_new_loses_nothing(impatient: Company) -> None:
    incident = await impatient.incident()
    await incident.shown_and_recorded()
    (first,) = await incident.runs()
    notes = 0
    # How many events a note costs depends on how many arrive while a task of the run is under way.
    while notes < SOON // 2 or not await _is_long(incident):
        await incident.note(f"Note {notes}")
        notes += 1
    impatient.product.kill("worker")
    await impatient.product.expect_back("worker")
    await eventually(lambda: _continued(incident, first.run_id))
    await impatient.restart("worker")
    await incident.click("acknowledge", by=BO_EMAIL)
    await incident.shows("Acknowledged by Bo Call", f"Note {notes - 1}")
    assert await incident.changes_by_buttons() == ["acknowledged"]
    await in_sync(incident)


async def test_a_worker_killed_where_the_run_of_a_chat_continues_as_new_makes_no_other_chat(
    impatient: Company,
) -> None:
    incident = await impatient.incident()
    await incident.shown_and_recorded()
    room = await made_for(incident)
    notes = 0
    while (first := await room.run()).history_length < SOON * 0.8:  # what made the chat may be long itself
        await incident.note(f"Note {notes}")
        notes += 1
    impatient.product.kill("worker")
    await incident.note("Written while the worker was dead")
    await impatient.product.expect_back("worker")

    async def continued() -> bool:
        return (await room.run()).run_id != first.run_id

    await eventually(continued)
    await incident.click("acknowledge", by=BO_EMAIL, place=incident.chats[0])
    await incident.agrees("Acknowledged by Bo Call", "Written while the worker was dead")
    await in_sync(incident)
    assert await room.violations() == []


async def test_an_api_killed_between_registration_and_signal_leaves_one_card(company: Company) -> None:
    await company.product.stop("temporal", seconds=4)
    incident = await company.incident()
    await eventually(lambda: _registered(incident))
    await company.restart("api")
    await company.product.expect_back("temporal")
    await incident.shows("Triggered")
    assert len(await incident.messages()) == 1
    await in_sync(incident)


_ON_ITS_WAY = timedelta(seconds=0.4)
"""A request needs less to reach the simulator."""
_LONGER_THAN_PAGERDUTY = 3
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"


async def _registered(incident: Incident) -> bool:
    return bool(await incident.row())


async def _has_an_intent(incident: Incident) -> bool:
    return any(row["intent_marker"] for row in await incident.row())


async def _waits_to_write(incident: Incident) -> bool:
    """A press waits for the incident's lock."""
    return bool(await incident.company.backends_at(incident.write_lock, granted=False))


async def _waits_for_pagerduty(incident: Incident) -> bool:
    """Whoever holds the incident's lock has waited for a while, and not for the database."""
    waiting = """SELECT FROM pg_stat_activity
                 WHERE pid = ANY($1) AND state = 'idle in transaction' AND now() - state_change > $2"""
    holders = await incident.company.backends_at(incident.write_lock, granted=True)
    return bool(await incident.company.rows(waiting, holders, _ON_ITS_WAY))


async def _was_written(incident: Incident) -> bool:
    return bool(await incident.writes())


async def _is_done_once(incident: Incident, click: asyncio.Task[Any]) -> None:
    """Its answer could not wait for the dead worker; whoever took over did it, or found it done."""
    (answer,) = await click
    assert "working on it" in answer["body"]["value"]
    await eventually(lambda: _has_an_outcome(incident))
    assert await incident.outcomes() == ["done"]
    assert len(await incident.writes()) == 1
    await in_sync(incident)


async def _has_an_outcome(incident: Incident) -> bool:
    return bool(await incident.outcomes())


async def _is_long(incident: Incident) -> bool:
    return any(run.history_length > SOON * 0.8 for run in await incident.runs())


async def _continued(incident: Incident, first: str) -> bool:
    return all(run.run_id != first for run in await incident.runs())
