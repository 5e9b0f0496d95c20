"""Events that could not be used are kept, each once for its reason and target."""

import asyncio

import pytest

from muster.store.pool import Pool
from muster.store.quarantine import keep
from tests.support.company import ACCOUNT, OPS, RELEASES

pytestmark = pytest.mark.anyio

BODY = b'{"event": "\xff\x00"}'


async def kept(pool: Pool) -> int:
    return int(await pool.fetchval("SELECT count(*) FROM quarantined_event"))


async def test_an_event_is_kept_as_it_came(pool: Pool) -> None:
    await keep(pool, account=ACCOUNT, event_id="01E", reason="unknown event type x", body=BODY, target=OPS)
    row = await pool.fetchrow("SELECT * FROM quarantined_event")
    assert row is not None
    assert (row["account"], row["event_id"], row["target"]) == (ACCOUNT, "01E", OPS)
    assert (row["reason"], row["body"]) == ("unknown event type x", BODY)


async def test_the_same_event_is_kept_once_per_reason_and_target(pool: Pool) -> None:
    async def deliver(event_id: str = "01E", reason: str = "refused", target: str | None = None) -> None:
        await keep(pool, account=ACCOUNT, event_id=event_id, reason=reason, body=BODY, target=target)

    for _ in range(2):
        await deliver()
        await deliver(target=OPS)
        await deliver(target=RELEASES)
        await deliver(reason="unusable")
        await deliver(event_id="02E")
    assert await kept(pool) == 5


async def test_many_at_once_are_kept_once(pool: Pool) -> None:
    await asyncio.gather(
        *(keep(pool, account=ACCOUNT, event_id="01E", reason="refused", body=BODY) for _ in range(8))
    )
    assert await kept(pool) == 1


async def test_bodies_without_an_id_are_all_kept(pool: Pool) -> None:
    for _ in range(2):
        await keep(pool, account=ACCOUNT, event_id=None, reason="no event", body=BODY)
    assert await kept(pool) == 2


async def test_a_long_reason_is_clipped(pool: Pool) -> None:
    await keep(pool, account=ACCOUNT, event_id="01E", reason="x" * 5000, body=BODY)
    assert await pool.fetchval("SELECT length(reason) FROM quarantined_event") == 300
