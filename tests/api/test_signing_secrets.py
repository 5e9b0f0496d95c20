"""A secret is taken as read for five seconds, and never in the way of one that replaces it."""

from dataclasses import dataclass

import pytest

from api.webhooks.signature import SignatureMalformed
from api.webhooks.signing_secrets import SigningSecrets
from muster.security.sealing import KeyRing, SealBroken
from muster.seed import seed
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


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def secrets(database_url: str, pool: Pool, clock: Clock) -> SigningSecrets:
    await seed(settings_for(database_url, "127.0.0.1:1"), company())
    return SigningSecrets(pool, RING, now=clock.now)


async def signed(secrets: SigningSecrets, by: str, subscription: str | None = SUBSCRIPTION) -> bool:
    return await secrets.signed(ACCOUNT, subscription, signature(BODY, by), BODY)


async def replace(pool: Pool, secret: str) -> None:
    sealed = RING.seal(secret, secret_place(ACCOUNT, SUBSCRIPTION))
    await pool.execute("UPDATE webhook_subscription SET secret = $1 WHERE id = $2", sealed, SUBSCRIPTION)


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
    clock.seconds += 0.1
    assert not await signed(secrets, SECRET)


async def test_a_secret_that_is_found_to_be_gone_counts_no_more(secrets: SigningSecrets, pool: Pool) -> None:
    assert await signed(secrets, SECRET)
    await pool.execute("DELETE FROM webhook_subscription")
    assert not await signed(secrets, "another")
    assert not await signed(secrets, SECRET)


async def test_what_is_not_there_is_not_kept(secrets: SigningSecrets) -> None:
    for number in range(20):
        assert not await signed(secrets, SECRET, f"of-a-stranger-{number}")
    assert secrets._read == {}


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
