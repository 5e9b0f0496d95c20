"""Webhook subscriptions: which signing secrets a delivery may be signed with."""

import pytest

from muster.security.sealing import KeyRing, SealBroken
from muster.store.pool import Pool
from muster.store.subscriptions import Secrets, secrets_of
from tests.support.company import ACCOUNT, OTHER_SECRET, OTHER_SUBSCRIPTION, SECRET, SUBSCRIPTION
from tests.support.settings import KEYS

pytestmark = pytest.mark.anyio

RING = KeyRing.parse(KEYS)


async def test_signing_secrets_are_read_newest_first(pool: Pool) -> None:
    await pool.execute(
        "UPDATE webhook_subscription SET created_at = now() - interval '1 day' WHERE id = $1", SUBSCRIPTION
    )
    read = await secrets_of(pool, RING, ACCOUNT)
    assert list(read.by_subscription.items()) == [(OTHER_SUBSCRIPTION, OTHER_SECRET), (SUBSCRIPTION, SECRET)]
    assert await secrets_of(pool, RING, "emca") == Secrets()


async def test_one_unreadable_secret_is_no_obstacle_to_another_subscription(pool: Pool) -> None:
    await pool.execute("UPDATE webhook_subscription SET secret = 'x' WHERE id = $1", OTHER_SUBSCRIPTION)
    read = await secrets_of(pool, RING, ACCOUNT)
    assert read.by_subscription[SUBSCRIPTION] == SECRET
    assert isinstance(read.by_subscription[OTHER_SUBSCRIPTION], SealBroken)
