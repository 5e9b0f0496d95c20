"""Clicks: one row and one outcome per key."""

import asyncpg

from muster.store.pool import Connection, Pool
from muster.store.queries import load_queries
from muster.values import storable
from workflows.channel_incident.messages import CardKey
from workflows.incident_room.messages import RoomKey
from workflows.verbs.click import Click
from workflows.verbs.outcomes import Outcome, RecordedOutcome

QUERIES = load_queries(__file__)


async def outcome_of(connection: Connection | Pool, key: str) -> Outcome | None:
    """The recorded outcome of this click, if it has one."""
    row = await QUERIES["outcome_of"].fetchrow(connection, key=key)
    return _outcome(row) if row else None


async def record(connection: Connection | Pool, card: CardKey, click: Click, outcome: Outcome) -> None:
    """Record how a click ended; a second outcome for the same key is ignored.

    A text that Postgres does not take as it is, is recorded as it can be: an outcome that cannot be recorded
    would be done again (promise 5).
    """
    await QUERIES["record"].execute(
        connection,
        **dict(card),
        key=click.key,
        verb=click.verb,
        aad_object_id=click.person.aad_object_id,
        person_name=storable(click.person.name),
        received_at=click.received_at,
        outcome=outcome.kind,
        outcome_reason=outcome.reason,
        outcome_by=storable(outcome.by) if outcome.by else None,
        outcome_status=outcome.status,
        outcome_code=outcome.code,
        outcome_says=storable(outcome.says) if outcome.says else None,
    )


async def recent(connection: Connection | Pool, card: CardKey) -> tuple[RecordedOutcome, ...]:
    """The latest outcomes on a card, oldest first, for the run that follows an ended one."""
    rows = await QUERIES["recent"].fetch(connection, **dict(card))
    return tuple(RecordedOutcome(key=row["key"], outcome=_outcome(row)) for row in reversed(rows))


async def of_room(connection: Connection | Pool, room: RoomKey) -> tuple[RecordedOutcome, ...]:
    """What clicks have come to that asked for the incident's chat or meeting, oldest first."""
    rows = await QUERIES["of_room"].fetch(connection, **dict(room))
    return tuple(RecordedOutcome(key=row["key"], outcome=_outcome(row)) for row in reversed(rows))


def _outcome(row: asyncpg.Record) -> Outcome:
    return Outcome(
        kind=row["outcome"],
        reason=row["outcome_reason"],
        by=row["outcome_by"],
        status=row["outcome_status"],
        code=row["outcome_code"],
        says=row["outcome_says"],
    )
