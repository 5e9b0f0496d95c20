"""The row of a card: what is about to be sent, what was shown, what was said beside it."""

from datetime import datetime
from typing import NamedTuple

from muster.store.pool import Connection, Pool
from muster.store.queries import load_queries
from muster.store.targets import following_of, room_of
from muster.values import storable_json
from workflows.channel_incident.activities import ShowCard, StoredCard
from workflows.channel_incident.messages import CardKey
from workflows.channel_incident.view import View
from workflows.errors import Conflict

QUERIES = load_queries(__file__)


class CardUnknown(Exception):
    """There is no row for this card: nobody registered it."""


class Intended(NamedTuple):
    """What a post is about to do."""

    orphans: int
    """Orphans of this card, counted so far."""
    activity_id: str | None
    """The message that the run does not know and the row does: to be edited; ``None`` to post one."""
    service_url: str
    """Where the conversation lives now."""
    shown: str | None
    """The marker of that message where it shows what is wanted: nothing is to be sent."""


class Orphan(NamedTuple):
    """A message that may be deleted."""

    service_url: str
    """Where its conversation lives now."""
    is_posting: bool
    """A post into the conversation is under way: this may be its message, and its row a moment late."""


class Recorded(NamedTuple):
    """What the row holds after a send."""

    orphans: int
    """Orphans of this card, counted so far."""
    recorded: bool
    """``False`` when another send has taken the card over meanwhile."""
    superseded: str | None
    """A message of this card that is not the card any more, or never was, and may be deleted."""


class ReplyPlace(NamedTuple):
    """Where something is said beside a card."""

    service_url: str
    """Where the conversation lives now."""
    has_threads: bool
    """It is a channel. In a chat there are no threads: a reply is a message of its own."""


async def intend(connection: Connection | Pool, request: ShowCard, asked_at: datetime) -> Intended:
    """Commit the intent of a post that a run asked for at this time.

    Raises CardUnknown, and Conflict where the run has asked for another one since.
    """
    row = await QUERIES["intend"].fetchrow(
        connection,
        **dict(request.card),
        marker=request.identity.marker,
        revision=request.view.revision,
        content=request.content,
        asked_at=asked_at,
    )
    if row is None:
        raise _unknown(request)
    if row["orphans"] is None:
        raise Conflict("a later call has begun to post this card")
    return Intended(*row)


async def record_shown(
    connection: Connection | Pool, request: ShowCard, activity_id: str, *, found: bool = False
) -> Recorded:
    """Commit the outcome of a send; ``found`` in the row was the message of an edit. Raises CardUnknown."""
    row = await QUERIES["record_shown"].fetchrow(
        connection,
        **dict(request.card),
        activity_id=activity_id,
        marker=request.identity.marker,
        revision=request.view.revision,
        nonce=request.identity.nonce,
        content=request.content,
        view=storable_json(request.view),
        is_post=request.activity_id is None and not found,
    )
    if row is None:
        raise _unknown(request)
    return Recorded(*row)


def _unknown(request: ShowCard) -> CardUnknown:
    return CardUnknown(f"{request.card.incident_id} in {request.card.conversation}")


async def forget_intent(connection: Connection | Pool, request: ShowCard) -> None:
    """Forget the intent of a post that certainly did not happen."""
    await QUERIES["forget_intent"].execute(connection, **dict(request.card), marker=request.identity.marker)


async def forget_message(connection: Connection | Pool, card: CardKey, activity_id: str) -> None:
    """Forget the message of a card, which is gone."""
    await QUERIES["forget_message"].execute(connection, **dict(card), activity_id=activity_id)


async def find_orphan(
    connection: Connection | Pool, card: CardKey, *, marker: str, activity_id: str
) -> Orphan | None:
    """Where to delete this message, if it can be no other than one that carries an orphan's ``marker``."""
    row = await QUERIES["find_orphan"].fetchrow(
        connection, **dict(card), marker=marker, activity_id=activity_id
    )
    return Orphan(*row) if row else None


async def forget_orphan(connection: Connection | Pool, card: CardKey, marker: str) -> None:
    """Forget an orphan, which is deleted."""
    await QUERIES["forget_orphan"].execute(connection, **dict(card), marker=marker)


async def intend_announcement(connection: Connection | Pool, card: CardKey, key: str) -> ReplyPlace | None:
    """Commit the intent of an announcement, and return where it is to be said.

    ``None`` when the announcement was said, or may have been, before.
    """
    row = await QUERIES["intend_announcement"].fetchrow(connection, **dict(card), key=key)
    return ReplyPlace(**row) if row is not None else None


async def record_reply(connection: Connection | Pool, card: CardKey, activity_id: str) -> None:
    """Keep the message of an announcement: whatever is said of it, it is no orphan."""
    await QUERIES["record_reply"].execute(connection, **dict(card), activity_id=activity_id)


async def withdraw_announcement(connection: Connection | Pool, card: CardKey, key: str) -> None:
    """Forget the intent of an announcement that was certainly not said."""
    await QUERIES["withdraw_announcement"].execute(connection, **dict(card), key=key)


async def restore(connection: Connection | Pool, card: CardKey) -> StoredCard:
    """What the row holds for a run that follows an ended one (its clicks apart)."""
    row = await QUERIES["restore"].fetchrow(connection, **dict(card))
    if row is None:
        return StoredCard()
    return StoredCard(
        activity_id=row["activity_id"],
        marker=row["marker"],
        revision=row["revision"],
        nonce=row["nonce"],
        content=row["content"],
        view=View.model_validate_json(row["view"]) if row["view"] else None,
        following=following_of(row),
        room=room_of(row),
        unknown=row["intent_marker"] is not None,
        orphans=row["orphans"],
        notified=tuple(row["notified"]),
    )
