"""Messages of handshakes: what is about to be sent, what was shown, and whose message a pressed one is."""

from datetime import datetime
from typing import NamedTuple

import asyncpg

from muster.store.pool import Connection, Pool
from muster.store.queries import load_queries
from workflows.person import Person
from workflows.team_setup.activities import ShowNotice, StoredNotice

QUERIES = load_queries(__file__)


class NoticeKey(NamedTuple):
    """The row of a notice."""

    subject: str
    """Id of the workflow that shows it: ``setup/payments``."""
    name: str
    """Which of its messages: ``installer/2``."""
    recipient: str
    """A person's AAD object id, or a conversation."""


class Message(NamedTuple):
    """What a notice's row knows of its message."""

    conversation: str
    activity_id: str
    content: str | None
    """Fingerprint of what it shows."""


def key_of(request: ShowNotice) -> NoticeKey:
    """The row that a request is about."""
    return NoticeKey(request.subject, request.name, request.recipient)


async def find(connection: Connection | Pool, *, conversation: str, activity_id: str) -> NoticeKey | None:
    """The notice that this message is, if its row knows it."""
    row = await QUERIES["find"].fetchrow(connection, conversation=conversation, activity_id=activity_id)
    return NoticeKey(*row) if row else None


async def is_begun(connection: Connection | Pool, key: NoticeKey) -> bool:
    """Whether this notice has a row: every post has one before it begins."""
    return bool(
        await QUERIES["is_begun"].fetchval(
            connection, subject=key.subject, name=key.name, recipient=key.recipient
        )
    )


async def of_subject(connection: Connection | Pool, subject: str) -> tuple[StoredNotice, ...]:
    """What a workflow has begun to show, but for what another message has replaced."""
    return tuple(_stored(row) for row in await QUERIES["of_subject"].fetch(connection, subject=subject))


async def numbers(connection: Connection | Pool, subject: str) -> dict[str, int]:
    """The highest number of each kind of message that a workflow has begun to show: ``{"installer": 2}``."""
    rows = await QUERIES["numbers"].fetch(connection, subject=subject)
    return {row["kind"]: row["highest"] for row in rows}


def _stored(row: asyncpg.Record) -> StoredNotice:
    known = row["aad_object_id"] is not None
    return StoredNotice(
        name=row["name"],
        recipient=row["recipient"],
        person=Person(aad_object_id=row["aad_object_id"], teams_id=row["teams_id"], name=row["person_name"])
        if known
        else None,
        is_posted=row["is_posted"],
        showing=row["showing"],
        expanded=row["expanded"],
        content=row["content"],
    )


async def message(connection: Connection | Pool, key: NoticeKey) -> Message | None:
    """The message of a notice, where one is known."""
    row = await QUERIES["message"].fetchrow(
        connection, subject=key.subject, name=key.name, recipient=key.recipient
    )
    return Message(*row) if row and row["activity_id"] is not None else None


async def intend(
    connection: Connection | Pool, request: ShowNotice, *, marker: str, asked_at: datetime
) -> bool:
    """Commit the intent of a post; ``False``: it is not to be posted, or not by this call."""
    found = await QUERIES["intend"].fetchval(
        connection,
        subject=request.subject,
        name=request.name,
        recipient=request.recipient,
        tenant=request.tenant,
        marker=marker,
        asked_at=asked_at,
        repeatable=request.person is not None,
    )
    return found is not None


async def record(
    connection: Connection | Pool,
    request: ShowNotice,
    *,
    conversation: str,
    activity_id: str,
    marker: str | None,
) -> None:
    """Commit what a message shows now; ``marker`` is that of its post, and ``None`` for an edit."""
    await QUERIES["record"].execute(
        connection,
        subject=request.subject,
        name=request.name,
        recipient=request.recipient,
        conversation=conversation,
        activity_id=activity_id,
        marker=marker,
        content=request.content,
        showing=request.view.showing,
        expanded=request.view.expanded,
    )


async def withdraw(connection: Connection | Pool, key: NoticeKey, marker: str) -> None:
    """Forget the intent of a post that certainly did not happen."""
    await QUERIES["withdraw"].execute(
        connection, subject=key.subject, name=key.name, recipient=key.recipient, marker=marker
    )


async def forget_message(connection: Connection | Pool, key: NoticeKey, activity_id: str) -> None:
    """Forget a message, which is gone: another one may be posted."""
    await QUERIES["forget_message"].execute(
        connection, subject=key.subject, name=key.name, recipient=key.recipient, activity_id=activity_id
    )
