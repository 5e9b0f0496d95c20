"""Tokens of the API: what is kept of them, and how their calls are counted."""

import asyncio

import asyncpg
import pytest

from muster.security.api_tokens import Fingerprint, fingerprint_of, is_token, new_token
from muster.store import api_tokens
from muster.store.pool import Pool
from tests.support.company import ACCOUNT

pytestmark = pytest.mark.anyio


async def made(pool: Pool, token: str | None = None, *, name: str = "workflows") -> Fingerprint:
    token = token or new_token()
    await api_tokens.insert(
        pool, token, account=ACCOUNT, name=name, pagerduty_user="PUSER01", pagerduty_email="ada@acme.example"
    )
    return fingerprint_of(token)


async def test_a_token_is_found_by_its_id_and_only_its_hash_is_kept(pool: Pool) -> None:
    token = new_token()
    id, digest = await made(pool, token)
    found = await api_tokens.find(pool, id)
    assert found == api_tokens.ApiToken(id, digest, ACCOUNT, "workflows", "PUSER01", "ada@acme.example")
    row = dict(await pool.fetchrow("SELECT * FROM api_token") or {})
    assert token not in str(row)
    assert token.removeprefix("mst_") not in str(row)
    assert digest.hex() not in repr(found)


async def test_a_token_has_32_random_bytes(pool: Pool) -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(map(is_token, tokens))
    assert {len(token) for token in tokens} == {len("mst_") + 43}


async def test_a_revoked_token_is_not_found_counted_or_revoked_again(pool: Pool) -> None:
    id, _ = await made(pool)
    other, _ = await made(pool)
    assert await api_tokens.revoke(pool, id) == "workflows"
    assert await api_tokens.find(pool, id) is None
    assert await api_tokens.count_call(pool, id) is None
    assert await api_tokens.revoke(pool, id) is None
    assert await api_tokens.revoke(pool, "unknown") is None
    assert await api_tokens.find(pool, other)


async def test_calls_at_once_are_each_counted(pool: Pool) -> None:
    id, _ = await made(pool)
    counted = await asyncio.gather(*(api_tokens.count_call(pool, id) for _ in range(20)))
    assert sorted(one.calls for one in counted if one) == list(range(1, 21))


async def test_a_minute_begins_with_the_first_call_after_the_one_before(pool: Pool) -> None:
    id, _ = await made(pool)
    (first,) = [await api_tokens.count_call(pool, id)]
    assert first is not None
    assert (first.calls, round(first.left)) == (1, 60)
    await pool.execute("UPDATE api_token SET minute_began_at = now() - interval '59 seconds'")
    last = await api_tokens.count_call(pool, id)
    assert last is not None
    assert last.calls == 2
    assert last.left <= 1
    await pool.execute("UPDATE api_token SET minute_began_at = now() - interval '61 seconds'")
    anew = await api_tokens.count_call(pool, id)
    assert anew is not None
    assert (anew.calls, round(anew.left)) == (1, 60)


async def test_all_tokens_are_listed_with_what_became_of_them(pool: Pool) -> None:
    used, _ = await made(pool, name="used")
    gone, _ = await made(pool, name="gone")
    await api_tokens.count_call(pool, used)
    await api_tokens.revoke(pool, gone)
    first, second = await api_tokens.all_of(pool, ACCOUNT)
    assert (first.id, first.name, first.revoked_at) == (used, "used", None)
    assert first.used_at is not None
    assert (second.id, second.used_at) == (gone, None)
    assert second.revoked_at is not None
    assert await api_tokens.all_of(pool) == (first, second)
    assert await api_tokens.all_of(pool, "emca") == ()


async def test_a_token_belongs_to_an_account_that_there_is(pool: Pool) -> None:
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await api_tokens.insert(
            pool, new_token(), account="emca", name="x", pagerduty_user="P1", pagerduty_email="a@b"
        )


async def test_a_seeded_token_is_written_again_and_stays_revoked(pool: Pool) -> None:
    token = new_token()
    for name in ("first", "second"):
        async with pool.acquire() as connection:
            id = await api_tokens.seed(
                connection, token, account=ACCOUNT, name=name, pagerduty_user="P1", pagerduty_email="a@b"
            )
    found = await api_tokens.find(pool, id)
    assert found is not None
    assert found.name == "second"
    await api_tokens.revoke(pool, id)
    async with pool.acquire() as connection:
        await api_tokens.seed(
            connection, token, account=ACCOUNT, name="third", pagerduty_user="P1", pagerduty_email="a@b"
        )
    assert await api_tokens.find(pool, id) is None
