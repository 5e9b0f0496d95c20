"""Whatever is secret is sealed: with the newest key, in its own place, readable by nobody else."""

import base64

import pytest

from muster.security.sealing import KeyRing, SealBroken
from muster.seed import seed
from muster.store import links, subscriptions
from muster.store.pool import Pool
from tests.support.company import (
    ACCOUNT,
    ADA_AAD,
    OTHER_SECRET,
    SECRET,
    SUBSCRIPTION,
    TENANT,
    TOKENS,
    company,
)
from tests.support.settings import KEYS, settings_for

pytestmark = pytest.mark.anyio

NEW_KEY = "new:" + base64.b64encode(b"n" * 32).decode()
ROTATED, WITHOUT_OLD = KeyRing.parse(f"{NEW_KEY},{KEYS}"), KeyRing.parse(NEW_KEY)


async def test_nothing_secret_is_stored_readable(pool: Pool) -> None:
    stored = await pool.fetch("SELECT access_token AS sealed FROM user_link")
    stored += await pool.fetch("SELECT secret FROM webhook_subscription")
    assert len(stored) == 4
    for secret in (*TOKENS.values(), SECRET, OTHER_SECRET):
        assert not [row for row in stored if secret.encode() in row[0]]


async def test_rotation_opens_the_old_and_seals_with_the_new(database_url: str, pool: Pool) -> None:
    assert (await subscriptions.secrets_of(pool, ROTATED, ACCOUNT)).by_subscription[SUBSCRIPTION] == SECRET
    rotated = settings_for(database_url, "127.0.0.1:1", keys=f"{NEW_KEY},{KEYS}")
    await seed(rotated, company())
    assert (await subscriptions.secrets_of(pool, WITHOUT_OLD, ACCOUNT)).by_subscription[
        SUBSCRIPTION
    ] == SECRET


async def test_a_key_that_is_gone_is_named_and_no_secret_is(pool: Pool) -> None:
    link = await links.link_of(pool, tenant=TENANT, aad_object_id=ADA_AAD, account=ACCOUNT)
    assert link is not None
    for secret in (await subscriptions.secrets_of(pool, WITHOUT_OLD, ACCOUNT)).by_subscription.values():
        assert isinstance(secret, SealBroken)
        assert str(secret) == "no key for webhook_subscription.secret"
    with pytest.raises(SealBroken, match=r"no key for user_link\.access_token"):
        await links.linked_user(pool, WITHOUT_OLD, link, account=ACCOUNT)
