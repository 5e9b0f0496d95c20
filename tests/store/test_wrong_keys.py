"""Wrong KEYs are counted before they are looked at, each person's alone."""

import asyncio

import pytest

from muster.store import accounts, wrong_keys
from muster.store.pool import Pool
from tests.support.company import ADA_AAD, BO_AAD, TENANT

pytestmark = pytest.mark.anyio


async def begin(pool: Pool, who: str = ADA_AAD) -> wrong_keys.Guess | None:
    return await wrong_keys.begin(pool, tenant=TENANT, aad_object_id=who)


async def test_of_many_at_once_five_are_looked_at(pool: Pool) -> None:
    guesses = await asyncio.gather(*(begin(pool) for _ in range(20)))
    assert sorted(guess.number for guess in guesses if guess) == [1, 2, 3, 4, 5]
    assert await begin(pool, BO_AAD) is not None


async def test_one_that_was_right_does_not_count(pool: Pool) -> None:
    for _ in range(8):
        guess = await begin(pool)
        assert guess is not None
        assert guess.number == 1
        await wrong_keys.was_right(pool, guess)


async def test_another_tenants_person_of_that_id_is_another(pool: Pool) -> None:
    await accounts.upsert_tenant(pool, id="t2", name="Another")
    for _ in range(6):
        await begin(pool)
    assert await wrong_keys.begin(pool, tenant="t2", aad_object_id=ADA_AAD) is not None


async def test_after_a_quarter_of_an_hour_the_oldest_is_forgotten(pool: Pool) -> None:
    for _ in range(5):
        await begin(pool)
    assert await begin(pool) is None
    await pool.execute(
        "UPDATE wrong_key SET written_at = now() - interval '15 minutes'"
        " WHERE id = (SELECT min(id) FROM wrong_key)"
    )
    assert await begin(pool) is not None
    assert await begin(pool) is None
