"""Presses of buttons: one row and one outcome per key."""

from muster.store.pool import Connection, Pool, load_queries
from workflows.messages import CardKey, Click, Outcome, RecordedOutcome

QUERIES = load_queries(__file__)


async def outcome_of(connection: Connection | Pool, key: str) -> Outcome | None:
    """The recorded outcome of this press, if it has one."""
    row = await connection.fetchrow(QUERIES["outcome_of"], key)
    return Outcome(kind=row["outcome"], text=row["outcome_text"]) if row else None


async def record(connection: Connection | Pool, card: CardKey, click: Click, outcome: Outcome) -> None:
    """Record how a press ended; a second outcome for the same key is ignored."""
    await connection.execute(
        QUERIES["record"],
        click.key,
        card.account,
        card.incident_id,
        card.conversation,
        click.verb,
        click.person.aad_object_id,
        click.person.name,
        click.received_at,
        outcome.kind,
        outcome.text,
    )


async def recent(connection: Connection | Pool, card: CardKey) -> tuple[RecordedOutcome, ...]:
    """The latest outcomes on a card, oldest first, for the run that follows an ended one."""
    rows = await connection.fetch(QUERIES["recent"], card.account, card.incident_id, card.conversation)
    return tuple(
        RecordedOutcome(key=row["key"], outcome=Outcome(kind=row["outcome"], text=row["outcome_text"]))
        for row in reversed(rows)
    )
