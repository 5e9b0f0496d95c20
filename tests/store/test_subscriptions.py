"""Webhook subscriptions: which signing secrets a delivery may be signed with."""

import asyncio

import pytest

from muster.security.sealing import KeyRing, SealBroken
from muster.store import subscriptions
from muster.store.pool import Pool
from muster.store.subscriptions import Secrets, Stored, secrets_of
from tests.support.company import ACCOUNT, OPS, OTHER_SECRET, OTHER_SUBSCRIPTION, SECRET, SUBSCRIPTION
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


URL = "https://muster.example/webhooks/pagerduty/acme"


async def begin(pool: Pool, marker: str, url: str = URL) -> None:
    installation = await subscriptions.installation(pool)
    await subscriptions.begin(pool, account=ACCOUNT, installation=installation, marker=marker, url=url)


async def store(pool: Pool, marker: str, id: str) -> bool:
    return await subscriptions.store(pool, RING, marker=marker, id=id, secret=f"secret of {id}")


async def test_an_installation_is_made_once_whoever_asks(pool: Pool) -> None:
    asked = await asyncio.gather(*(subscriptions.installation(pool) for _ in range(5)))
    assert len(set(asked)) == 1
    assert await pool.fetchval("SELECT count(*) FROM installation") == 1


async def test_a_secret_is_stored_as_its_intent_ends(pool: Pool) -> None:
    await begin(pool, "m1")
    assert (await secrets_of(pool, RING, ACCOUNT)).is_expected
    assert await store(pool, "m1", "PNEW")
    known = await secrets_of(pool, RING, ACCOUNT)
    assert (known.by_subscription["PNEW"], known.is_expected) == ("secret of PNEW", False)
    (stored, *_) = await subscriptions.stored(pool, RING, ACCOUNT)
    assert (stored.id, stored.url, stored.is_readable, stored.has_ended) == ("PNEW", URL, True, False)


@pytest.mark.parametrize("by_the_next", [False, True])
async def test_a_secret_of_a_given_up_intent_is_never_stored(pool: Pool, by_the_next: bool) -> None:
    await begin(pool, "m1")
    if by_the_next:
        await subscriptions.give_up_intents(pool, ACCOUNT)
    else:
        await subscriptions.give_up(pool, "m1")
    assert not await store(pool, "m1", "PNEW")
    (intent,) = await subscriptions.intents(pool, ACCOUNT)
    assert intent.is_given_up
    assert 0 < intent.over_in <= subscriptions.LATE.total_seconds()
    assert "PNEW" not in (await secrets_of(pool, RING, ACCOUNT)).by_subscription


async def test_an_address_has_one_subscription_that_goes_on(pool: Pool) -> None:
    for marker in ("m1", "m2"):
        await begin(pool, marker)
    assert await store(pool, "m1", "PONE")
    assert not await store(pool, "m2", "PTWO")
    assert [one.marker for one in await subscriptions.intents(pool, ACCOUNT)] == ["m2"]
    await subscriptions.end(pool, ACCOUNT, "PONE")
    assert await store(pool, "m2", "PTWO")


async def test_what_an_incident_needs_that_is_followed_does_not_end(pool: Pool) -> None:
    """Its connection has ended, and its card is not resolved yet."""
    await pool.execute("DELETE FROM connection")
    await pool.execute(
        "INSERT INTO incident_card (account, incident_id, conversation) VALUES ($1, 'Q1', $2)", ACCOUNT, OPS
    )
    for view in (None, '{"status": "acknowledged"}'):
        await pool.execute("UPDATE incident_card SET view = $1::text::jsonb", view)
        assert await subscriptions.is_needed(pool, ACCOUNT)
        await subscriptions.end_unneeded(pool, ACCOUNT)
        assert not any(one.has_ended for one in await subscriptions.stored(pool, RING, ACCOUNT))
    await pool.execute("UPDATE conversation SET suspended_at = now()")
    assert not await subscriptions.is_needed(pool, ACCOUNT), "nobody follows anything there"
    await pool.execute("UPDATE conversation SET suspended_at = NULL")
    await pool.execute('UPDATE incident_card SET view = \'{"status": "resolved"}\'')
    assert not await subscriptions.is_needed(pool, ACCOUNT)


async def test_what_a_connection_needs_does_not_end(pool: Pool) -> None:
    await subscriptions.end_unneeded(pool, ACCOUNT)
    assert await subscriptions.is_needed(pool, ACCOUNT)
    assert not any(one.has_ended for one in await subscriptions.stored(pool, RING, ACCOUNT))
    await pool.execute("DELETE FROM connection")
    await subscriptions.end_unneeded(pool, ACCOUNT)
    assert not await subscriptions.is_needed(pool, ACCOUNT)
    assert all(one.has_ended for one in await subscriptions.stored(pool, RING, ACCOUNT))
    assert len((await secrets_of(pool, RING, ACCOUNT)).by_subscription) == 2, (
        "they count until they are deleted"
    )


async def test_an_account_has_moved_while_one_that_goes_on_sends_elsewhere(pool: Pool) -> None:
    here = {ACCOUNT: URL, "emca": "https://muster.example/webhooks/pagerduty/emca"}
    assert await subscriptions.moved(pool, here) == set(), "nobody knows where seeded ones send"
    await subscriptions.note_url(pool, ACCOUNT, SUBSCRIPTION, URL)
    assert await subscriptions.moved(pool, here) == set()
    await subscriptions.note_url(pool, ACCOUNT, OTHER_SUBSCRIPTION, "https://earlier.example")
    assert await subscriptions.moved(pool, here) == {ACCOUNT}
    assert await subscriptions.moved(pool, {}) == set(), "it is not configured here"
    await subscriptions.end(pool, ACCOUNT, OTHER_SUBSCRIPTION)
    assert await subscriptions.moved(pool, here) == set()


async def test_a_first_event_is_noted_once(pool: Pool) -> None:
    read = "SELECT verified_at FROM webhook_subscription WHERE id = $1"
    await subscriptions.note_verified(pool, ACCOUNT, SUBSCRIPTION)
    first = await pool.fetchval(read, SUBSCRIPTION)
    assert first is not None
    await subscriptions.note_verified(pool, ACCOUNT, SUBSCRIPTION)
    assert await pool.fetchval(read, SUBSCRIPTION) == first
    assert await pool.fetchval(read, OTHER_SUBSCRIPTION) is None


async def test_a_deleted_subscription_that_is_seeded_again_goes_on(pool: Pool) -> None:
    await subscriptions.note_deleted(pool, ACCOUNT, SUBSCRIPTION)
    assert SUBSCRIPTION not in {one.id for one in await subscriptions.stored(pool, RING, ACCOUNT)}
    again = await seeded(pool, SUBSCRIPTION, URL)
    assert (again.has_ended, again.url) == (False, None), "PagerDuty may not have it"


async def seeded(pool: Pool, id: str, url: str | None) -> Stored:
    await subscriptions.upsert(pool, RING, account=ACCOUNT, id=id, secret=SECRET, url=url)
    return {one.id: one for one in await subscriptions.stored(pool, RING, ACCOUNT)}[id]


@pytest.mark.parametrize("id", [SUBSCRIPTION, "PNEW"])
async def test_a_seed_file_says_where_a_subscription_sends(pool: Pool, id: str) -> None:
    for url in (URL, f"{URL}/moved", f"{URL}/moved", None):
        assert (await seeded(pool, id, url)).url == url


async def test_two_subscriptions_are_not_seeded_for_one_address(pool: Pool) -> None:
    assert (await seeded(pool, SUBSCRIPTION, URL)).url == URL
    assert (await seeded(pool, OTHER_SUBSCRIPTION, URL)).url is None
    assert (await seeded(pool, "PNEW", URL)).url is None
    await subscriptions.end(pool, ACCOUNT, SUBSCRIPTION)
    assert (await seeded(pool, "PNEW", URL)).url == URL
