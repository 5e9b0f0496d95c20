"""Messages of handshakes: what is about to be sent, what was shown, and whose message a pressed one is."""

from datetime import datetime
from typing import NamedTuple, Protocol

import asyncpg

from muster.store.pool import Connection, Pool
from muster.store.queries import load_queries
from workflows.notice import StoredNotice
from workflows.person import Person

QUERIES = load_queries(__file__)


class ShownView(Protocol):
    """What a message shows, as far as its row knows it."""

    @property
    def showing(self) -> str:
        """A word of the workflow's own."""


class NoticeRequest(Protocol):
    """What a workflow asks to be shown to a recipient."""

    @property
    def subject(self) -> str:
        """Id of the workflow."""

    @property
    def name(self) -> str:
        """Which of its messages: ``installer/2``."""

    @property
    def recipient(self) -> str:
        """A person's AAD object id, or a conversation."""

    @property
    def tenant(self) -> str:
        """The recipient's."""

    @property
    def person(self) -> Person | None:
        """``None``: a channel, where a message is posted at most once; to a person at least once."""

    @property
    def view(self) -> ShownView:
        """What it shows."""

    @property
    def expanded(self) -> bool:
        """It shows more than it did first."""

    @property
    def content(self) -> str:
        """Fingerprint of the view."""


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
    targeted: bool = False
    """Others read there too, and its recipient alone sees it."""


def key_of(request: NoticeRequest) -> NoticeKey:
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
        targeted=row["targeted"],
    )


async def message(connection: Connection | Pool, key: NoticeKey) -> Message | None:
    """The message of a notice, where one is known."""
    row = await QUERIES["message"].fetchrow(
        connection, subject=key.subject, name=key.name, recipient=key.recipient
    )
    return Message(*row) if row and row["activity_id"] is not None else None


async def intend(
    connection: Connection | Pool, request: NoticeRequest, *, marker: str, asked_at: datetime
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
    request: NoticeRequest,
    message: Message,
    *,
    marker: str | None,
) -> None:
    """Commit what a message shows now; ``marker`` is that of its post, and ``None`` for an edit."""
    await QUERIES["record"].execute(
        connection,
        subject=request.subject,
        name=request.name,
        recipient=request.recipient,
        conversation=message.conversation,
        activity_id=message.activity_id,
        marker=marker,
        content=message.content,
        showing=request.view.showing,
        expanded=request.expanded,
        targeted=message.targeted,
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


async def adopt(connection: Connection | Pool, key: NoticeKey, *, tenant: str, activity_id: str) -> None:
    """Take over a message that the conversation has already: it is edited from now on."""
    await QUERIES["adopt"].execute(
        connection,
        subject=key.subject,
        name=key.name,
        recipient=key.recipient,
        tenant=tenant,
        activity_id=activity_id,
    )
