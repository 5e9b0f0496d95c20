"""Messages that have a row: the commits around each send. How each is sent and where is its family's own.

A private message is sent at least once: both copies work, since a button names its message. What everybody
reads is posted at most once.
"""

import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import NamedTuple

import structlog

from activities.teams.sends import Sends
from muster.private_sends import PrivateMessage
from muster.store import notices
from muster.store.notices import Message, NoticeRequest, key_of
from muster.store.pool import UNAVAILABLE, Pool
from workflows.errors import CardGone, Conflict, OutcomeUnknown, OutsideError

log = structlog.stdlib.get_logger(__name__)


class Carrier(NamedTuple):
    """How one message reaches its recipient; both raise an ``OutsideError``."""

    post: Callable[[], Awaitable[PrivateMessage]]
    """Sends it: where it is."""
    edit: Callable[[PrivateMessage], Awaitable[None]]


class NoticeSends:
    """Posts and edits messages, one send of each after the other."""

    def __init__(self, pool: Pool, sends: Sends) -> None:
        self._pool = pool
        self._sends = sends

    async def show(self, request: NoticeRequest, carrier: Carrier, *, asked_at: datetime) -> Message | None:
        """Post or edit, and commit the outcome: the message as it is then.

        ``None``: an earlier call may have posted what everybody reads, and it is not posted again.
        """
        key = key_of(request)

        async def show() -> Message | None:
            # A message that is there and is being recorded is not posted again.
            await self._sends.until_free(("record", key))
            known = await notices.message(self._pool, key)
            if known is None:
                return await self._post(request, carrier, asked_at)
            return known if known.content == request.content else await self._edit(request, carrier, known)

        shown = await self._sends.run(("notice", key), show)
        log.info("notice shown", notice=request.name, showing=request.view.showing, certain=shown is not None)
        return shown

    async def _post(self, request: NoticeRequest, carrier: Carrier, asked_at: datetime) -> Message | None:
        marker = secrets.token_hex(8)
        if not await notices.intend(self._pool, request, marker=marker, asked_at=asked_at):
            if request.person is None:
                return None
            raise Conflict("a later call has begun to post this message")
        try:
            posted = await carrier.post()
        except OutcomeUnknown:
            raise
        except OutsideError:
            await notices.withdraw(self._pool, key_of(request), marker)
            raise
        return await self._record(request, posted, marker)

    async def _edit(self, request: NoticeRequest, carrier: Carrier, known: Message) -> Message:
        message = PrivateMessage(known.conversation, known.activity_id, known.targeted)
        try:
            await carrier.edit(message)
        except CardGone:
            await notices.forget_message(self._pool, key_of(request), known.activity_id)
            raise
        return await self._record(request, message, None)

    async def _record(self, request: NoticeRequest, sent: PrivateMessage, marker: str | None) -> Message:
        message = Message(sent.conversation, sent.activity_id, request.content, sent.targeted)

        async def record() -> None:
            await notices.record(self._pool, request, message, marker=marker)

        try:
            await record()
        except UNAVAILABLE:
            self._sends.record_later(("record", key_of(request)), record, notice=request.name)
        return message
