"""Rooms: the chat that is made for an incident, a row each."""

from datetime import datetime
from typing import NamedTuple

from muster.store import clicks, meetings
from muster.store.pool import Connection, Pool
from muster.store.queries import load_queries
from muster.store.targets import Target, target_of
from workflows.incident_room.activities import StoredRoom
from workflows.incident_room.messages import RoomKey
from workflows.incident_room.state import Asker, Plan
from workflows.presets import IN_ROOMS, Preset
from workflows.room import Room

QUERIES = load_queries(__file__)
AS_THE_INCIDENT = Plan()


class LockedRoom(NamedTuple):
    """A room's row while nobody else changes it."""

    stage: str
    topic: str
    owner: str | None
    began_at: datetime | None
    chat: str | None
    url: str


class Program(NamedTuple):
    """In whose name a program asks."""

    user: str
    """PagerDuty's id."""
    email: str
    """Empty where the program has not told it."""


async def open_room(connection: Connection | Pool, room: RoomKey, *, tenant: str) -> None:
    """Somebody may ask for a chat or a meeting; once."""
    await QUERIES["open"].execute(connection, **dict(room), tenant=tenant)


async def note_program(connection: Connection | Pool, room: RoomKey, program: Program) -> None:
    """A program asks for the chat or the meeting."""
    await QUERIES["note_program"].execute(connection, **dict(room), user=program.user, email=program.email)


async def program_of(connection: Connection | Pool, room: RoomKey) -> Program | None:
    """In whose name a program has asked; ``None``: none has."""
    row = await QUERIES["program"].fetchrow(connection, **dict(room))
    return Program(**row) if row else None


async def restore(connection: Connection | Pool, room: RoomKey) -> StoredRoom:
    """What is known of the room."""
    row = await QUERIES["restore"].fetchrow(connection, **dict(room))
    if row is None:
        return StoredRoom()
    people = await QUERIES["people"].fetch(connection, **dict(room))
    return StoredRoom(
        exists=True,
        tenant=row["tenant"],
        tenant_name=row["tenant_name"],
        stage=row["stage"],
        topic=row["topic"],
        name=row["name"],
        preset=row["preset"],
        began_at=row["began_at"],
        id=row["chat"] or "",
        url=row["url"],
        shown_topic=row["shown_topic"],
        others=row["others"],
        installed=row["installed_at"] is not None,
        bot_removed=row["bot_removed"],
        shown=row["shown_at"] is not None,
        noted=row["noted_at"] is not None,
        told=None if row["told"] is None else Room.model_validate_json(row["told"]),
        summed_up=row["summed_up_for"],
        askers=tuple(
            Asker(pagerduty_user=one["pagerduty_user"], name=one["name"]) for one in people if one["asked"]
        ),
        searched_for=tuple(one["pagerduty_user"] for one in people),
        taken_out=tuple(one["pagerduty_user"] for one in people if one["taken_out"]),
        asked_for=tuple(one["pagerduty_user"] for one in people if one["by_program"]),
        left=row["left_at"] is not None,
        present=row["present"],
        clicks=await clicks.of_room(connection, room),
        meeting=await meetings.stored(connection, room),
    )


async def tenant_name(connection: Connection | Pool, room: RoomKey) -> str:
    """What the room's tenant is called; empty where nobody has told."""
    name: str | None = await QUERIES["tenant_name"].fetchval(connection, **dict(room))
    return name or ""


async def tenant_of_chat(connection: Connection | Pool, room: RoomKey) -> str | None:
    """Microsoft's tenant of the incident's chat; ``None``: it has none, or none any more."""
    tenant: str | None = await QUERIES["tenant_of_chat"].fetchval(connection, **dict(room))
    return tenant


async def lock(connection: Connection, room: RoomKey) -> LockedRoom | None:
    """The row, which nobody else changes until the transaction ends."""
    row = await QUERIES["lock"].fetchrow(connection, **dict(room))
    return LockedRoom(*row) if row else None


async def begin(
    connection: Connection | Pool, room: RoomKey, *, topic: str, owner: str, plan: Plan = AS_THE_INCIDENT
) -> datetime:
    """Commit that the chat is being made; since when, which names this intent among all of the room.

    ``owner``: AAD object id of whoever it is made for.
    """
    began_at: datetime = await QUERIES["begin"].fetchval(
        connection, **dict(room), topic=topic, name=plan.name, preset=plan.preset, owner=owner
    )
    return began_at


async def note_owner(connection: Connection | Pool, room: RoomKey, *, owner: str) -> None:
    """It is made in the name of somebody else."""
    await QUERIES["note_owner"].execute(connection, **dict(room), owner=owner)


async def note_not_made(connection: Connection | Pool, room: RoomKey, *, began_at: datetime) -> None:
    """What was begun then certainly was not made."""
    await QUERIES["not_made"].execute(connection, **dict(room), began_at=began_at)


async def note_made(
    connection: Connection | Pool, room: RoomKey, *, began_at: datetime, chat: str, url: str, others: int = 0
) -> None:
    """What was begun then is there."""
    await QUERIES["made"].execute(
        connection, **dict(room), began_at=began_at, chat=chat, url=url, others=others
    )


async def note_unknown(connection: Connection | Pool, room: RoomKey, *, began_at: datetime) -> None:
    """Nobody will look any more for what was begun then."""
    await QUERIES["unknown"].execute(connection, **dict(room), began_at=began_at)


async def withdraw(connection: Connection | Pool, room: RoomKey) -> None:
    """Whoever asked may not: where nobody else has, there is no room."""
    await QUERIES["withdraw"].execute(connection, **dict(room))


async def begin_anew(connection: Connection, room: RoomKey) -> None:
    """Forget a chat that nobody knows of, or that is gone."""
    await QUERIES["begin_anew"].execute(connection, **dict(room))
    await QUERIES["forget_members"].execute(connection, **dict(room))


async def note_gone(connection: Connection | Pool, room: RoomKey, *, chat: str) -> None:
    """Somebody deleted it."""
    await QUERIES["gone"].execute(connection, **dict(room), chat=chat)


async def archive(connection: Connection | Pool, room: RoomKey, *, chat: str) -> None:
    """Nothing is done in it any more."""
    await QUERIES["archive"].execute(connection, **dict(room), chat=chat)


async def detach(connection: Connection | Pool, *, chat: str) -> None:
    """No event goes into the chat any more: it is about to be deleted."""
    await QUERIES["detach"].execute(connection, chat=chat)


async def attach(connection: Connection | Pool, *, chat: str) -> bool:
    """The chat could not be deleted: events go there again; ``False``: nobody had detached it for that."""
    return await QUERIES["attach"].fetchval(connection, chat=chat) is not None


async def end_card(connection: Connection | Pool, room: RoomKey, *, chat: str) -> None:
    """The chat is archived: its card shows its last state, and no event changes it."""
    await QUERIES["end_card"].execute(connection, **dict(room), chat=chat)


async def note_installed(connection: Connection | Pool, room: RoomKey, *, chat: str) -> None:
    """The bot is in the chat."""
    await QUERIES["note_installed"].execute(connection, **dict(room), chat=chat)


async def of_chat(connection: Connection | Pool, chat: str) -> RoomKey | None:
    """The room whose chat this is; ``None``: people made it."""
    row = await QUERIES["of_chat"].fetchrow(connection, chat=chat)
    return RoomKey(**row) if row else None


async def is_new(connection: Connection | Pool, chat: str) -> bool:
    """Whether Muster brought the bot into the chat within the minute."""
    return bool(await QUERIES["is_new"].fetchval(connection, chat=chat))


async def note_left(connection: Connection | Pool, room: RoomKey, *, chat: str, left: bool) -> None:
    """Everybody is taken out of the chat, or people are brought in again."""
    await QUERIES["note_left"].execute(connection, **dict(room), chat=chat, left=left)


async def note_shown(connection: Connection | Pool, room: RoomKey, *, chat: str) -> None:
    """The card's run was told to show it there."""
    await QUERIES["note_shown"].execute(connection, **dict(room), chat=chat)


async def note_noted(connection: Connection | Pool, room: RoomKey, *, chat: str) -> None:
    """The incident has a note with the address."""
    await QUERIES["note_noted"].execute(connection, **dict(room), chat=chat)


async def note_renamed(connection: Connection | Pool, room: RoomKey, *, chat: str, topic: str) -> None:
    """What the chat is called now."""
    await QUERIES["note_renamed"].execute(connection, **dict(room), chat=chat, topic=topic)


async def note_named(
    connection: Connection | Pool, room: RoomKey, *, chat: str, name: str, topic: str
) -> None:
    """A program gave the chat a name of its own; ``topic`` is that with the mark."""
    await QUERIES["note_named"].execute(connection, **dict(room), chat=chat, name=name, topic=topic)


async def note_told(connection: Connection | Pool, room: RoomKey, told: Room) -> None:
    """What the incident's cards are told, unless they were told something newer."""
    await QUERIES["note_told"].execute(connection, **dict(room), told=told.model_dump_json())


async def intend_summary(connection: Connection | Pool, room: RoomKey, *, resolved_at: datetime) -> bool:
    """Whether the chat is to be told of this resolve: once."""
    row = await QUERIES["intend_summary"].fetchrow(connection, **dict(room), resolved_at=resolved_at)
    return row is not None


async def withdraw_summary(connection: Connection | Pool, room: RoomKey, *, resolved_at: datetime) -> None:
    """The chat certainly was not told."""
    await QUERIES["withdraw_summary"].execute(connection, **dict(room), resolved_at=resolved_at)


async def cards(connection: Connection | Pool, room: RoomKey) -> tuple[Target, ...]:
    """Every card of the incident that is shown."""
    rows = await QUERIES["cards"].fetch(connection, **dict(room))
    return tuple(target_of(row, row["account"], row["incident_id"]) for row in rows)


async def register_card(
    connection: Connection | Pool, room: RoomKey, *, chat: str, preset: Preset = IN_ROOMS
) -> bool:
    """Register the incident in its own chat; ``False`` where the bot is not in it any more."""
    found = await QUERIES["register_card"].fetchval(connection, **dict(room), chat=chat, preset=preset)
    return found is not None


async def service_url(connection: Connection | Pool, tenant: str) -> str | None:
    """Where the tenant's conversations live; ``None``: nobody has told."""
    found: str | None = await QUERIES["service_url"].fetchval(connection, tenant=tenant)
    return found
