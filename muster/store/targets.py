"""Where an event goes, and which card a click belongs to."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

import asyncpg

from muster.store.conversations import label_of
from muster.store.pool import Connection, Pool
from muster.store.queries import load_queries
from workflows.bringing_in.activities import OfConnection
from workflows.channel_incident.messages import Conversation, Start, Timing
from workflows.following import Following, Stopped
from workflows.ids import ChannelIncidentId
from workflows.presets import ChosenPreset, Preset
from workflows.room import Room
from workflows.values import Value

QUERIES = load_queries(__file__)


class Target(Value):
    """The place of one card: an incident in a conversation."""

    account: str
    incident_id: str
    conversation_key: str
    """The conversation's readable key, a part of the workflow's id."""
    conversation: Conversation
    preset: ChosenPreset = ChosenPreset()
    """How much is said beside the card."""
    following: Following | None = None
    """Who follows it there; ``None``: nobody could stop it."""
    stored: bool
    """Something was sent for this card before."""
    room: Room | None = None
    """The incident's own chat, where the statement looked for it. A stored card restores it."""
    orphan_markers: frozenset[str] = frozenset()
    """Of this card's messages that are not the card."""

    @property
    def workflow_id(self) -> str:
        """Of the runs that own this card."""
        return str(ChannelIncidentId(self.account, self.incident_id, self.conversation_key))

    def start(self, timing: Timing) -> Start:
        """How the card's workflow starts where none runs."""
        return Start(
            account=self.account,
            incident_id=self.incident_id,
            conversation=self.conversation,
            conversation_key=self.conversation_key,
            timing=timing,
            preset=self.preset,
            following=self.following,
            stored=self.stored,
            offers_chat=True,
            offers_meeting=True,
            room=self.room,
        )


class Concerned(NamedTuple):
    """Whom an event concerns."""

    cards: tuple[Target, ...]
    room_tenant: str | None
    """Of the chat or meeting that was made or asked for; ``None``: nobody asked."""
    room_has_something: bool
    """A chat or a meeting is there, or may be; ``False``: only a run that goes on has anything to hear."""


async def find_and_register(
    connection: Connection | Pool,
    *,
    account: str,
    incident_id: str,
    service: str | None,
    is_open: bool,
    just_matched: bool,
    created_at: datetime | None,
) -> Concerned:
    """Every card this event concerns; those that it brings into a conversation are registered first."""
    rows = await QUERIES["find_and_register"].fetch(
        connection,
        account=account,
        incident_id=incident_id,
        service=service,
        is_open=is_open,
        just_matched=just_matched,
        created_at=created_at,
    )
    return Concerned(
        tuple(target_of(row, account, incident_id) for row in rows if row["id"] is not None),
        rows[0]["room_tenant"] if rows else None,
        bool(rows and rows[0]["room_has_something"]),
    )


async def why_not_bring_in(
    connection: Connection | Pool, place: OfConnection
) -> Literal["not_connected", "channel_suspended", "channel_gone"] | None:
    """Why no incident of the service comes into the conversation; ``None``: they do."""
    row = await QUERIES["may_bring_in"].fetchrow(
        connection, account=place.account, service=place.service, conversation=place.conversation
    )
    if row is None:
        return "channel_gone"
    if row["is_suspended"]:
        return "channel_suspended"
    return None if row["is_connected"] else "not_connected"


async def bring_in(
    connection: Connection | Pool, place: OfConnection, incidents: Sequence[str], *, most: int
) -> tuple[Target, ...]:
    """Register the first ``most`` of these incidents where the service is connected, in this order.

    Beside them those that have a card there. Nothing where ``why_not_bring_in`` says why.
    """
    rows = await QUERIES["bring_in"].fetch(
        connection,
        account=place.account,
        service=place.service,
        conversation=place.conversation,
        incidents=list(incidents),
        entering=list(incidents[:most]),
    )
    return tuple(target_of(row, place.account, row["incident_id"]) for row in rows)


async def in_revived(connection: Connection | Pool, *, team: str, request: str) -> tuple[Target, ...]:
    """The cards of unresolved incidents in the channels that a request has revived, but for last states."""
    rows = await QUERIES["in_revived"].fetch(connection, team=team, request=request)
    return tuple(target_of(row, row["account"], row["incident_id"]) for row in rows)


async def in_chat(
    connection: Connection | Pool, chat: str, *, with_last_states: bool = True
) -> tuple[Target, ...]:
    """The cards of unresolved incidents in a chat, whether or not the bot is in it.

    ``with_last_states``: also those that somebody stopped and whose message says so, or is gone.
    """
    rows = await QUERIES["in_chat"].fetch(connection, chat=chat, with_last_states=with_last_states)
    return tuple(target_of(row, row["account"], row["incident_id"]) for row in rows)


async def find_card(connection: Connection | Pool, *, conversation: str, activity_id: str) -> Target | None:
    """The card that this message is, if it is a live one."""
    row = await QUERIES["find_card"].fetchrow(connection, conversation=conversation, activity_id=activity_id)
    return target_of(row, row["account"], row["incident_id"], row["orphan_markers"]) if row else None


class ShownAs(NamedTuple):
    """What an operator knows an incident by, as far as its card shows it."""

    number: int | None = None
    service: str | None = None


async def shown_as(connection: Connection | Pool, target: Target) -> ShownAs:
    """Number and service of the incident of a card; nothing while nothing is shown."""
    row = await QUERIES["shown_as"].fetchrow(
        connection,
        account=target.account,
        incident_id=target.incident_id,
        conversation=target.conversation.id,
    )
    return ShownAs(*row) if row else ShownAs()


async def is_announcement(connection: Connection | Pool, *, conversation: str, activity_id: str) -> bool:
    """Whether this message is one of the last announcements of a card."""
    return bool(
        await QUERIES["is_announcement"].fetchval(
            connection, conversation=conversation, activity_id=activity_id
        )
    )


async def find_card_of_incident(
    connection: Connection | Pool, *, conversation: str, account: str, incident_id: str
) -> Target | None:
    """The card of an incident in a conversation, whatever message it is."""
    row = await QUERIES["find_card_of_incident"].fetchrow(
        connection, conversation=conversation, account=account, incident_id=incident_id
    )
    return target_of(row, account, incident_id, row["orphan_markers"]) if row else None


async def open_in(connection: Connection | Pool, *, conversation: str, tenant: str) -> tuple[Target, ...]:
    """The live cards of unresolved incidents in a conversation of the tenant's, unless it is suspended."""
    rows = await QUERIES["open_in"].fetch(connection, conversation=conversation, tenant=tenant)
    return tuple(target_of(row, row["account"], row["incident_id"]) for row in rows)


async def choose_preset(
    connection: Connection | Pool, conversation: str, cards: Sequence[Target], preset: Preset
) -> tuple[Target, ...]:
    """Write how much is said from now on beside these cards of a conversation; those that are live still.

    The row is the truth. The card's run is told what this returns (``CardRuns.choose``).
    """
    rows = await QUERIES["choose_preset"].fetch(
        connection,
        conversation=conversation,
        accounts=[card.account for card in cards],
        incidents=[card.incident_id for card in cards],
        preset=preset,
    )
    return tuple(target_of(row, row["account"], row["incident_id"]) for row in rows)


def _chosen(row: asyncpg.Record) -> ChosenPreset:
    return ChosenPreset(preset=row["preset"], number=row["preset_number"])


def following_of(row: asyncpg.Record) -> Following | None:
    """Who follows the incident there, by the row of its card; ``None``: nobody could stop it."""
    if row["followed_at"] is None:
        return None
    stopped = None
    if row["stopped_at"] is not None:
        # Whoever stops it has a name, be it an empty one.
        name = row["stopped_name"]
        stopped = Stopped(by=name or "", at=row["stopped_at"], is_archived=name is None)
    return Following(number=row["follow_number"], by=row["followed_name"], stopped=stopped)


def room_of(row: asyncpg.Record) -> Room | None:
    """What the incident's cards were told of its chat, where the row holds it."""
    told = row.get("room")
    return None if told is None else Room.model_validate_json(told)


def target_of(
    row: asyncpg.Record, account: str, incident_id: str, orphan_markers: Iterable[str] = ()
) -> Target:
    """The target of a row that holds its card and its conversation."""
    return Target(
        account=account,
        incident_id=incident_id,
        conversation_key=row["key"],
        conversation=Conversation(
            tenant=row["tenant"],
            id=row["id"],
            label=label_of(row["kind"], row["name"], row["team_name"]),
        ),
        preset=_chosen(row),
        following=following_of(row),
        stored=row["stored"],
        room=room_of(row),
        orphan_markers=frozenset(orphan_markers),
    )
