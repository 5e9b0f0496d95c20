"""Calls that are made again, whatever they do: one row each, and what it tells the next."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import BaseModel
from starlette.responses import Response

from api.public.admission import CallerIdentity
from api.public.errors import RETRY_AFTER, ApiError
from api.public.idempotency import Call, Given, Idempotency
from muster.seed import seed
from muster.store import operations
from muster.store.operations import Asked
from muster.store.pool import Pool, open_pool
from muster.temporal.attempts import Rejected, TemporalUnavailable
from tests.support.company import ACCOUNT, company
from tests.support.settings import database_at, settings_for
from workflows.operation.state import Ended, OperationKey

pytestmark = pytest.mark.anyio

ADA = CallerIdentity(
    token_id="t1",
    name="Runbook",
    account=ACCOUNT,
    pagerduty_user="PUSER01",
    pagerduty_email="ada@acme.example",
)
DONE = Ended(outcome="done")


class Body(BaseModel):
    """What a call gets."""

    says: str


@dataclass
class FakeWork:
    """Does nothing, and says what it is told to."""

    says: str = "done"
    ended: Ended | None = DONE
    done: list[str] = field(default_factory=list)
    """Keys of the operations, in the order in which they were asked for."""
    begins: Callable[[], Awaitable[None]] | None = None
    """What happens while it is done."""
    is_told: bool = True
    """The database from which it is told what came of it is there."""

    async def do(self, operation: OperationKey) -> Ended | None:
        self.done.append(operation.key)
        if self.begins is not None:
            await self.begins()
        return self.ended

    async def answer(self, operation: OperationKey, ended: Ended) -> Given:
        if not self.is_told:
            raise ConnectionRefusedError
        return Given(201, Body(says=self.says))


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    """With the company's rows."""
    await seed(settings_for(database_url, "127.0.0.1:1"), company())
    async with await open_pool(database_at(database_url)) as opened:
        yield opened


def called(method: str = "POST", key: str | None = "k", body: Any = None) -> Call:
    return Call(ADA, "/v1/incidents/Q1/chat/members", body, key, method=method)


async def answered(pool: Pool, call: Call, work: FakeWork, *, within_minute: bool = False) -> Response:
    idempotency = Idempotency(pool, public_url="https://muster.example", clock=lambda: 90.0)
    return await idempotency.answered(call, "members", work, within_minute=within_minute)


@pytest.mark.parametrize("key", ["k", None], ids=["with a key", "without one"])
async def test_another_method_of_the_same_address_is_another_call(pool: Pool, key: str | None) -> None:
    adding, removing = FakeWork("added"), FakeWork("removed")
    for _ in range(2):
        added = await answered(pool, called("POST", key), adding, within_minute=True)
        removed = await answered(pool, called("DELETE", key), removing, within_minute=True)
        assert (added.body, removed.body) == (b'{"says":"added"}', b'{"says":"removed"}')
    assert (len(adding.done), len(removing.done)) == (1, 1)


async def refuses() -> None:
    raise ApiError(404, "there is no such chat")


async def is_away() -> None:
    raise TemporalUnavailable("not reached")


def operation_of(answer: Response) -> tuple[int, str]:
    """The status, and the operation that the caller may ask for."""
    return answer.status_code, json.loads(bytes(answer.body))["operation"]["id"]


# Where the database is away after it was done


async def test_what_was_done_is_told_though_nobody_can_write_the_answer(pool: Pool) -> None:
    async def stops() -> None:
        await pool.execute(
            "CREATE FUNCTION stops() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'stopping' USING ERRCODE = 'admin_shutdown'; END $$"
        )
        await pool.execute(
            "CREATE TRIGGER stops BEFORE UPDATE ON operation FOR EACH ROW EXECUTE FUNCTION stops()"
        )

    answer = await answered(pool, called(), FakeWork("sent", begins=stops))
    assert (answer.status_code, answer.body) == (201, b'{"says":"sent"}')


async def test_what_was_done_and_cannot_be_told_yet_has_an_operation_that_tells(pool: Pool) -> None:
    status, operation = operation_of(await answered(pool, called(), FakeWork(is_told=False)))
    assert (status, await pool.fetchval("SELECT key FROM operation")) == (202, operation)
    assert (await answered(pool, called(), FakeWork())).status_code == 201


# Where nobody has taken it


@pytest.mark.parametrize("fails", [refuses, is_away])
async def test_of_two_at_once_that_fail_both_hear_so_and_the_next_begins_anew(
    pool: Pool, fails: Callable[[], Awaitable[None]]
) -> None:
    """Neither is promised what nobody does."""

    async def fails_beside_another() -> None:
        with pytest.raises((ApiError, TemporalUnavailable)):
            await answered(pool, called(), FakeWork(begins=fails))
        await fails()

    with pytest.raises((ApiError, TemporalUnavailable)):
        await answered(pool, called(), FakeWork(begins=fails_beside_another))
    assert (await answered(pool, called(), FakeWork())).status_code == 201


@pytest.mark.parametrize("fails", [refuses, is_away])
async def test_what_an_api_began_and_handed_to_nobody_is_no_promise(
    pool: Pool, fails: Callable[[], Awaitable[None]]
) -> None:
    """It wrote the row and was killed."""
    call = called()
    asked = Asked(ACCOUNT, call.operation, "members", "t1", call.key(None), call.request_hash)
    await operations.begin(pool, asked)
    for _ in range(2):
        with pytest.raises((ApiError, TemporalUnavailable)):
            await answered(pool, called(), FakeWork(begins=fails))
    assert (await answered(pool, called(), FakeWork())).status_code == 201


async def test_where_a_run_gives_no_answer_it_may_be_done_and_is_done_by_the_next(pool: Pool) -> None:
    """An operator has ended the run."""

    async def is_ended() -> None:
        raise Rejected("workflow execution already completed")

    with pytest.raises(ApiError, match="may be done") as refused:
        await answered(pool, called(), FakeWork(begins=is_ended))
    assert (refused.value.status, refused.value.retry_after) == (503, RETRY_AFTER)
    assert await pool.fetchval("SELECT count(*) FROM operation") == 1
    assert (await answered(pool, called(), FakeWork())).status_code == 201


# Where another call has begun it


@pytest.mark.parametrize("fails", [refuses, is_away])
async def test_while_the_first_call_goes_on_the_same_again_is_told_its_operation(
    pool: Pool, fails: Callable[[], Awaitable[None]]
) -> None:
    going_on = operation_of(await answered(pool, called(), FakeWork(ended=None)))
    again = operation_of(await answered(pool, called(), FakeWork(begins=fails)))
    assert again == going_on == (202, again[1])


@pytest.mark.parametrize("fails", [refuses, is_away])
async def test_what_nobody_began_is_forgotten(pool: Pool, fails: Callable[[], Awaitable[None]]) -> None:
    with pytest.raises((ApiError, TemporalUnavailable)):
        await answered(pool, called(), FakeWork(begins=fails))
    assert await pool.fetchval("SELECT count(*) FROM operation") == 0


async def test_an_operation_that_another_call_was_promised_stays(pool: Pool) -> None:
    """Both found nothing done, and the second may have begun it."""
    asked, promised = asyncio.Event(), asyncio.Event()

    async def fails_late() -> None:
        asked.set()
        await promised.wait()
        raise TemporalUnavailable("not reached")

    first = asyncio.create_task(answered(pool, called(), FakeWork(begins=fails_late)))
    await asked.wait()
    second = operation_of(await answered(pool, called(), FakeWork(ended=None)))
    promised.set()
    with pytest.raises(TemporalUnavailable):
        await first
    assert await pool.fetchval("SELECT key FROM operation") == second[1]
