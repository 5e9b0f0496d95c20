"""Operations: what programs asked for, how it ended, and what the same call gets again."""

from datetime import timedelta
from typing import NamedTuple

import asyncpg

from muster.store.pool import Connection, Pool
from muster.store.queries import load_queries
from muster.values import storable
from workflows.operation.state import Ended, OperationKey

QUERIES = load_queries(__file__)

KEY_LIFE = timedelta(hours=24)
"""So long the same ``Idempotency-Key`` is the same call."""


class Answer(NamedTuple):
    """What a call was answered."""

    status: int
    body: str
    """JSON."""


class Operation(NamedTuple):
    """What is known of one operation."""

    key: str
    kind: str
    """What was asked for: ``message``, ``open_chat``."""
    is_going_on: bool
    """Temporal has taken it, as far as anybody could write that down."""
    ended: Ended | None
    """``None``: it is still being done."""
    answer: Answer | None
    """What its call got, where it waited for the end."""


class Asked(NamedTuple):
    """A call that begins an operation, or asks again for one."""

    account: str
    key: str
    """Drawn for the operation, should it begin now."""
    kind: str
    caller: str
    """Id of the token."""
    call_key: str | None
    """Tells this call from every other of the account, however often it is made. ``None``: nothing does."""
    request_hash: str
    """Of its body."""


class AnotherRequest(Exception):
    """The same ``Idempotency-Key`` came with another body."""


class Intent(NamedTuple):
    """What is known of an operation that was begun to be sent by an earlier call."""

    may_be_going_on: bool
    """Its sender may still write how it ended."""
    ended: Ended | None


async def begin(connection: Connection | Pool, asked: Asked) -> Operation:
    """Begin an operation: its ``key`` is the one that was drawn, else that of the call which began it.

    Raises ``AnotherRequest``.
    """
    row = await _begun(connection, asked)
    if row["is_over"]:
        await let_go(connection, OperationKey(account=asked.account, key=row["key"]))
        row = await _begun(connection, asked)
    if row["request_hash"] != asked.request_hash:
        raise AnotherRequest
    return _operation(row)


async def _begun(connection: Connection | Pool, asked: Asked) -> asyncpg.Record:
    (row,) = await QUERIES["begin"].fetch(
        connection,
        account=asked.account,
        key=asked.key,
        kind=asked.kind,
        caller=asked.caller,
        call_key=asked.call_key,
        request_hash=asked.request_hash,
        key_life=KEY_LIFE,
    )
    return row


async def let_go(connection: Connection | Pool, operation: OperationKey) -> None:
    """The same call begins another operation from now on: this one was certainly not done, or is too old."""
    await QUERIES["let_go"].execute(connection, account=operation.account, key=operation.key)


async def withdraw(connection: Connection | Pool, operation: OperationKey) -> None:
    """Forget an operation that nobody took; one that began to be sent stays, or that two calls asked for."""
    await QUERIES["withdraw"].execute(connection, account=operation.account, key=operation.key)


async def note_going_on(connection: Connection | Pool, operation: OperationKey) -> None:
    """Temporal has taken it."""
    await QUERIES["note_going_on"].execute(connection, account=operation.account, key=operation.key)


async def find(connection: Connection | Pool, operation: OperationKey) -> Operation | None:
    """An operation of this account, if there is one."""
    row = await QUERIES["find"].fetchrow(connection, account=operation.account, key=operation.key)
    return _operation(row) if row else None


async def intend(connection: Connection | Pool, operation: OperationKey) -> bool:
    """Commit that it is about to be sent; ``False``: it is not to be sent, or not by this call."""
    found = await QUERIES["intend"].fetchval(connection, account=operation.account, key=operation.key)
    return found is not None


async def intent(connection: Connection | Pool, operation: OperationKey, *, longest: float) -> Intent | None:
    """What became of an earlier send, which takes ``longest`` seconds at most; ``None``: there is no row."""
    row = await QUERIES["intent"].fetchrow(
        connection, account=operation.account, key=operation.key, longest=longest
    )
    return Intent(row["may_be_going_on"], _ended(row)) if row else None


async def end(
    connection: Connection | Pool, operation: OperationKey, ended: Ended, *, is_sent: bool = False
) -> Ended:
    """Write how it ended: what stands there now. The first outcome stands, but for ``unknown``.

    ``is_sent``: ``intend`` comes before it, and without an intent it has certainly failed.
    """
    await QUERIES["end"].execute(
        connection,
        account=operation.account,
        key=operation.key,
        outcome=ended.outcome,
        reason=ended.reason,
        says=storable(ended.says),
        url=ended.url,
        told=ended.told,
        is_sent=is_sent,
    )
    known = await find(connection, operation)
    return known.ended if known and known.ended else ended


async def answer(
    connection: Connection | Pool, operation: OperationKey, ended: Ended, given: Answer
) -> Answer:
    """Write what its call is answered, and how it ended where nobody has: the answer that stands there now.

    The first one stands.
    """
    row = await QUERIES["answer"].fetchrow(
        connection,
        account=operation.account,
        key=operation.key,
        status=given.status,
        answer=given.body,
        outcome=ended.outcome,
        reason=ended.reason,
        says=storable(ended.says),
        url=ended.url,
        told=ended.told,
    )
    return Answer(row["status"], row["answer"]) if row else given


async def give_up(connection: Connection | Pool, *, age: timedelta) -> None:
    """End those that began so long ago and nobody works on any more: what became of them is unknown."""
    await QUERIES["give_up"].execute(connection, age=age)


async def delete_old(connection: Connection | Pool, *, age: timedelta) -> int:
    """Forget those that began so long ago; how many."""
    return int(await QUERIES["delete_old"].fetchval(connection, age=age))


def _operation(row: asyncpg.Record) -> Operation:
    answer = None if row["status"] is None else Answer(row["status"], row["answer"])
    return Operation(row["key"], row["kind"], row["is_going_on"], _ended(row), answer)


def _ended(row: asyncpg.Record) -> Ended | None:
    if row["outcome"] is None:
        return None
    return Ended(
        outcome=row["outcome"], reason=row["reason"], says=row["says"], url=row["url"], told=row["told"]
    )
