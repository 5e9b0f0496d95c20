"""A secret is taken as read for five seconds, is never in the way of a new one, and is not read often."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from unittest.mock import patch

import pytest

from api.webhooks import signing_secrets
from api.webhooks.signature import SignatureMalformed
from api.webhooks.signing_secrets import SecretExpected, SigningSecrets, TooManyWait
from muster.security.sealing import KeyRing, SealBroken
from muster.seed import seed
from muster.store import subscriptions
from muster.store.pool import Pool
from muster.store.subscriptions import secret_place
from tests.support.company import (
    ACCOUNT,
    OTHER_SECRET,
    OTHER_SUBSCRIPTION,
    SECRET,
    SUBSCRIPTION,
    company,
    signature,
)
from tests.support.settings import KEYS, settings_for

pytestmark = pytest.mark.anyio

BODY = b'{"event": {}}'
RING = KeyRing.parse(KEYS)


@dataclass
class Clock:
    """Seconds, as the test says."""

    seconds: float = 100.0

    def now(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        await asyncio.sleep(0)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def secrets(database_url: str, pool: Pool, clock: Clock) -> SigningSecrets:
    await seed(settings_for(database_url, "127.0.0.1:1"), company())
    return SigningSecrets(pool, RING, now=clock.now, sleep=clock.sleep)


async def signed(secrets: SigningSecrets, by: str, subscription: str | None = SUBSCRIPTION) -> bool:
    return await secrets.signed(ACCOUNT, subscription, signature(BODY, by), BODY)


async def replace(pool: Pool, secret: str) -> None:
    sealed = RING.seal(secret, secret_place(ACCOUNT, SUBSCRIPTION))
    await pool.execute("UPDATE webhook_subscription SET secret = $1 WHERE id = $2", sealed, SUBSCRIPTION)


@pytest.mark.pooler_too
async def test_a_secret_that_replaces_another_counts_at_once(secrets: SigningSecrets, pool: Pool) -> None:
    assert await signed(secrets, SECRET)
    await replace(pool, "the next")
    assert await signed(secrets, "the next")
    assert not await signed(secrets, SECRET)


async def test_a_secret_that_was_taken_away_counts_for_five_seconds(
    secrets: SigningSecrets, pool: Pool, clock: Clock
) -> None:
    assert await signed(secrets, SECRET)
    await pool.execute("DELETE FROM webhook_subscription")
    clock.seconds += 4.9
    assert await signed(secrets, SECRET)
    clock.seconds += 0.2
    assert not await signed(secrets, SECRET)


async def test_a_secret_that_is_found_to_be_gone_counts_no_more(secrets: SigningSecrets, pool: Pool) -> None:
    assert await signed(secrets, SECRET)
    await pool.execute("DELETE FROM webhook_subscription")
    assert not await signed(secrets, "another")
    assert not await signed(secrets, SECRET)


async def test_a_kept_secret_needs_no_database(secrets: SigningSecrets, pool: Pool) -> None:
    assert await signed(secrets, SECRET)
    async with pool.acquire() as connection:
        await connection.execute("ALTER TABLE webhook_subscription RENAME TO gone")
    assert await signed(secrets, SECRET)


async def test_a_subscription_that_comes_is_known_at_once(secrets: SigningSecrets, pool: Pool) -> None:
    assert not await signed(secrets, "the third", "PWSUB03")
    await pool.execute(
        "UPDATE webhook_subscription SET id = 'PWSUB03', secret = $1 WHERE id = $2",
        RING.seal("the third", secret_place(ACCOUNT, "PWSUB03")),
        OTHER_SUBSCRIPTION,
    )
    assert await signed(secrets, "the third", "PWSUB03")


async def test_what_is_kept_of_one_subscription_says_nothing_of_another(secrets: SigningSecrets) -> None:
    assert await signed(secrets, SECRET)
    assert not await signed(secrets, SECRET, OTHER_SUBSCRIPTION)
    assert await signed(secrets, OTHER_SECRET, OTHER_SUBSCRIPTION)
    assert await signed(secrets, OTHER_SECRET, None)


async def test_a_secret_that_cannot_be_opened_is_not_taken_for_a_wrong_signature(
    secrets: SigningSecrets, pool: Pool
) -> None:
    assert await signed(secrets, SECRET)
    await pool.execute("UPDATE webhook_subscription SET secret = 'x' WHERE id = $1", SUBSCRIPTION)
    for subscription in (SUBSCRIPTION, None):
        with pytest.raises(SealBroken):
            await signed(secrets, "another", subscription)


async def test_a_malformed_signature_is_one_whatever_is_kept(secrets: SigningSecrets) -> None:
    for _ in range(2):
        with pytest.raises(SignatureMalformed):
            await secrets.signed(ACCOUNT, SUBSCRIPTION, "v2=00", BODY)
        assert await signed(secrets, SECRET)


async def expect(pool: Pool) -> None:
    installation = await subscriptions.installation(pool)
    await subscriptions.begin(
        pool, account=ACCOUNT, installation=installation, marker="m1", url="https://muster.example/hook"
    )


@pytest.mark.pooler_too
@pytest.mark.parametrize("subscription", ["PWSUB03", None])
async def test_while_a_subscription_is_made_an_unknown_one_is_asked_again(
    secrets: SigningSecrets, pool: Pool, subscription: str | None
) -> None:
    assert not await signed(secrets, "the third", subscription)
    await expect(pool)
    with pytest.raises(SecretExpected):
        await signed(secrets, "the third", subscription)
    assert not await signed(secrets, "wrong", SUBSCRIPTION), "a known one has its secret"
    assert await subscriptions.store(pool, RING, marker="m1", id="PWSUB03", secret="the third")
    assert await signed(secrets, "the third", subscription)
    assert not await signed(secrets, "wrong", "PWSUB04")


async def test_an_account_without_a_subscription_waits_for_its_first(
    secrets: SigningSecrets, pool: Pool
) -> None:
    await pool.execute("DELETE FROM webhook_subscription")
    assert not await signed(secrets, "the third", "PWSUB03")
    await expect(pool)
    with pytest.raises(SecretExpected):
        await signed(secrets, "the third", "PWSUB03")


async def test_a_deleted_subscriptions_secret_counts_for_two_days(
    secrets: SigningSecrets, pool: Pool, clock: Clock
) -> None:
    await pool.execute(
        "UPDATE webhook_subscription SET ended_at = now() - interval '3 days',"
        " deleted_at = now() - interval '47 hours'"
    )
    assert await signed(secrets, SECRET)
    await pool.execute("UPDATE webhook_subscription SET deleted_at = now() - interval '49 hours'")
    clock.seconds += 6
    assert not await signed(secrets, SECRET)


# Reads


class Counted:
    """Reads of the database, each as slow as the test wants it, and when they began."""

    def __init__(self, takes: float = 0) -> None:
        self.began: list[float] = []
        self.takes = takes
        self.one_began = asyncio.Event()
        self._read = subscriptions.secrets_of

    async def __call__(self, pool: Pool, keys: KeyRing, account: str) -> subscriptions.Secrets:
        self.began.append(time.monotonic())
        self.one_began.set()
        found = await self._read(pool, keys, account)
        await asyncio.sleep(self.takes)
        return found


@pytest.fixture
def reads() -> Iterator[Counted]:
    counted = Counted()
    with patch.object(subscriptions, "secrets_of", counted):
        yield counted


@pytest.fixture
async def real(secrets: SigningSecrets, pool: Pool) -> SigningSecrets:
    """With the clock of this machine."""
    return SigningSecrets(pool, RING)


async def test_a_thousand_wrong_signatures_are_two_reads_a_second_and_delay_no_good_one(
    real: SigningSecrets, reads: Counted
) -> None:
    assert await signed(real, SECRET)
    wrong = [asyncio.create_task(signed(real, f"wrong {number}")) for number in range(1000)]
    slowest = 0.0
    while not all(task.done() for task in wrong):
        began = time.monotonic()
        assert await signed(real, SECRET)
        slowest = max(slowest, time.monotonic() - began)
        await asyncio.sleep(0.01)
    assert not any(task.result() for task in wrong)
    assert len(reads.began) == 2
    assert reads.began[1] - reads.began[0] >= 1
    assert slowest < 0.1


@pytest.mark.parametrize("subscription", ["of a stranger", None])
async def test_strangers_one_after_the_other_are_a_read_a_second(
    secrets: SigningSecrets, reads: Counted, clock: Clock, subscription: str | None
) -> None:
    for _ in range(20):
        assert not await signed(secrets, "wrong", subscription)
    assert clock.seconds >= 100 + len(reads.began) - 1


async def test_accounts_are_read_apart(secrets: SigningSecrets, reads: Counted, clock: Clock) -> None:
    assert await signed(secrets, SECRET)
    assert not await secrets.signed("another", None, signature(BODY, SECRET), BODY)
    assert (len(reads.began), clock.seconds) == (2, 100)


async def test_nobody_is_refused_by_a_read_that_began_before_they_came(
    real: SigningSecrets, reads: Counted, pool: Pool
) -> None:
    reads.takes = 0.3
    early = asyncio.create_task(signed(real, "the next"))
    await reads.one_began.wait()
    await asyncio.sleep(0.1)
    await replace(pool, "the next")
    assert await signed(real, "the next")
    assert not await early


async def test_good_ones_that_come_while_the_first_is_read_wait_for_that_read_alone(
    real: SigningSecrets, reads: Counted
) -> None:
    reads.takes = 0.2
    began = time.monotonic()
    first = asyncio.create_task(signed(real, SECRET))
    await reads.one_began.wait()
    assert all(await asyncio.gather(first, *(signed(real, SECRET) for _ in range(20))))
    assert time.monotonic() - began < 2
    assert len(reads.began) == 1


async def test_who_waits_has_a_bound_in_number_and_in_bytes(
    real: SigningSecrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await signed(real, SECRET)
    for name, most in (("_MOST_WAITING", 3), ("_MOST_BYTES_WAITING", 3 * len(BODY))):
        with monkeypatch.context() as patched:
            patched.setattr(signing_secrets, name, most)
            wrong = [asyncio.create_task(signed(real, "wrong")) for _ in range(5)]
            done, _ = await asyncio.wait(wrong)
            assert sum(isinstance(task.exception(), TooManyWait) for task in done) == 2
            assert await signed(real, SECRET)
    assert not await signed(real, "wrong")


async def test_a_read_that_fails_fails_for_all_who_wait_and_the_next_one_is_tried(
    real: SigningSecrets, reads: Counted, pool: Pool
) -> None:
    await pool.execute("ALTER TABLE webhook_subscription RENAME TO gone")
    told = await asyncio.gather(*(signed(real, SECRET) for _ in range(5)), return_exceptions=True)
    assert [type(error).__name__ for error in told] == ["UndefinedTableError"] * 5
    await pool.execute("ALTER TABLE gone RENAME TO webhook_subscription")
    assert await signed(real, SECRET)
    assert len(reads.began) == 2
