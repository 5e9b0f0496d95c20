"""One row for each operation: what the same call gets again, and what is sent at most once."""

import asyncio
import secrets
from datetime import timedelta

import pytest

from muster.store import operations
from muster.store.operations import AnotherRequest, Answer, Asked, Operation
from muster.store.pool import Pool
from tests.support.company import ACCOUNT
from workflows.operation.state import Ended, OperationKey

pytestmark = pytest.mark.anyio

DONE = Ended(outcome="done", says="Payments/#ops", url="https://teams.microsoft.com/l/message/1/2")
UNKNOWN = Ended(outcome="unknown", reason="OutcomeUnknown")
ANSWER = Answer(201, '{"operation": {"id": "k"}}')


def asked(call_key: str | None = "call", request_hash: str = "body") -> Asked:
    return Asked(ACCOUNT, secrets.token_hex(8), "message", "t1", call_key, request_hash)


async def begun(pool: Pool, call_key: str = "call") -> OperationKey:
    operation = await operations.begin(pool, asked(call_key))
    return OperationKey(account=ACCOUNT, key=operation.key)


async def passed(pool: Pool, hours: float) -> None:
    await pool.execute("UPDATE operation SET begun_at = begun_at - $1::interval", timedelta(hours=hours))


# The same call


async def test_a_new_call_begins_an_operation_under_the_key_that_was_drawn(pool: Pool) -> None:
    first = asked()
    assert await operations.begin(pool, first) == Operation(first.key, "message", False, None, None)
    row = await pool.fetchrow("SELECT * FROM operation")
    assert row is not None
    assert (row["caller"], row["request_hash"], row["intent_at"]) == ("t1", "body", None)


async def test_the_same_call_finds_what_is_known(pool: Pool) -> None:
    key = await begun(pool)
    assert await operations.begin(pool, asked()) == Operation(key.key, "message", False, None, None)
    await operations.end(pool, key, DONE)
    await operations.answer(pool, key, DONE, ANSWER)
    assert await operations.begin(pool, asked()) == Operation(key.key, "message", False, DONE, ANSWER)


async def test_of_many_at_once_one_begins(pool: Pool) -> None:
    found = await asyncio.gather(*(operations.begin(pool, asked()) for _ in range(8)))
    assert len({operation.key for operation in found}) == 1
    assert await pool.fetchval("SELECT count(*) FROM operation") == 1


async def test_the_same_key_with_another_body_is_refused_and_changes_nothing(pool: Pool) -> None:
    key = await begun(pool)
    with pytest.raises(AnotherRequest):
        await operations.begin(pool, asked(request_hash="another"))
    assert (await operations.begin(pool, asked())).key == key.key


async def test_a_day_later_the_same_key_is_another_call(pool: Pool) -> None:
    key = await begun(pool)
    await operations.end(pool, key, DONE)
    await passed(pool, 23.9)
    assert (await operations.begin(pool, asked(request_hash="body"))).key == key.key
    await passed(pool, 0.2)
    again = await operations.begin(pool, asked(request_hash="another"))
    assert again.key != key.key
    assert again.ended is None
    first = await operations.find(pool, key)
    assert first is not None
    assert first.ended == DONE, "whoever asks for the first one still finds it"


async def test_an_operation_that_was_let_go_leaves_its_key_to_the_next_call(pool: Pool) -> None:
    key = await begun(pool)
    await operations.end(pool, key, Ended(outcome="failed", reason="RateLimited"))
    await operations.let_go(pool, key)
    assert (await operations.begin(pool, asked())).key != key.key


async def test_another_accounts_operation_is_not_found(pool: Pool) -> None:
    key = await begun(pool)
    assert await operations.find(pool, key.model_copy(update={"account": "globex"})) is None


async def test_calls_that_nothing_tells_apart_begin_an_operation_each(pool: Pool) -> None:
    assert (await operations.begin(pool, asked(None))).key != (await operations.begin(pool, asked(None))).key


# The send


async def test_one_call_alone_may_send(pool: Pool) -> None:
    key = await begun(pool)
    may = await asyncio.gather(*(operations.intend(pool, key) for _ in range(8)))
    assert sorted(may) == [*[False] * 7, True]


async def test_nothing_is_sent_for_an_operation_that_is_over_or_withdrawn(pool: Pool) -> None:
    over, withdrawn = await begun(pool, "over"), await begun(pool, "withdrawn")
    await operations.end(pool, over, DONE)
    await operations.withdraw(pool, withdrawn)
    assert not await operations.intend(pool, over)
    assert not await operations.intend(pool, withdrawn)
    assert await operations.intent(pool, withdrawn, longest=1) is None


async def test_what_began_to_be_sent_is_not_withdrawn(pool: Pool) -> None:
    key = await begun(pool)
    await operations.intend(pool, key)
    await operations.withdraw(pool, key)
    assert await operations.find(pool, key) is not None


async def test_a_send_may_go_on_for_as_long_as_one_takes(pool: Pool) -> None:
    key = await begun(pool)
    await operations.intend(pool, key)
    young = await operations.intent(pool, key, longest=30)
    old = await operations.intent(pool, key, longest=0)
    assert young == (True, None)
    assert old == (False, None)
    await operations.end(pool, key, DONE)
    assert await operations.intent(pool, key, longest=0) == (False, DONE)


# The end


async def test_the_first_outcome_stands(pool: Pool) -> None:
    key = await begun(pool)
    assert await operations.end(pool, key, DONE) == DONE
    assert await operations.end(pool, key, Ended(outcome="failed", reason="Forbidden")) == DONE
    assert await operations.end(pool, key, UNKNOWN) == DONE


async def test_what_nobody_knew_is_known_once_its_sender_writes_it(pool: Pool) -> None:
    key = await begun(pool)
    assert await operations.end(pool, key, UNKNOWN) == UNKNOWN
    assert await operations.end(pool, key, DONE) == DONE


async def test_what_would_have_been_sent_and_was_not_begun_has_failed(pool: Pool) -> None:
    begun_to_be_sent, not_begun = await begun(pool, "begun"), await begun(pool, "not begun")
    await operations.intend(pool, begun_to_be_sent)
    assert (await operations.end(pool, begun_to_be_sent, UNKNOWN, is_sent=True)).outcome == "unknown"
    failed = await operations.end(pool, not_begun, UNKNOWN, is_sent=True)
    assert (failed.outcome, failed.reason) == ("failed", "withdrawn"), "it may be called again"


async def test_the_first_answer_stands_and_ends_what_nobody_has_ended(pool: Pool) -> None:
    key = await begun(pool)
    assert await operations.answer(pool, key, DONE, ANSWER) == ANSWER
    assert await operations.answer(pool, key, UNKNOWN, Answer(504, "{}")) == ANSWER
    assert await operations.find(pool, key) == Operation(key.key, "message", False, DONE, ANSWER)


async def test_what_postgres_does_not_take_is_written_as_it_can_be(pool: Pool) -> None:
    key = await begun(pool)
    ended = Ended(outcome="done", says="Pay\x00ments \ud83d")
    assert (await operations.end(pool, key, ended)).says == "Payments "
