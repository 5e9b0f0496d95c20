"""One subscription of ours with a known secret, whatever breaks on the way to it."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from structlog.testing import capture_logs
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.pagerduty.subscription import SubscriptionActivities
from activities.pagerduty.subscription_marks import marks_of
from muster.clients.pagerduty.app_scopes import SUBSCRIPTION
from muster.clients.pagerduty.subscriptions import Listed, SubscriptionClient
from muster.clients.pagerduty.tokens import AppTokens
from muster.config_file import PagerDutyAccount
from muster.security.sealing import KeyRing
from muster.store import connections, subscriptions
from muster.store.pool import Pool, open_pool
from sandbox.pagerduty.model import Filter, Subscription
from sandbox.up.servers.ports import free_port
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.api.edge import edge_settings, serving_edge
from tests.support.pagerduty_account import COMPANY
from tests.support.pagerduty_account import SimulatedAccount as PagerDuty
from tests.support.settings import KEYS, database_at, settings_for
from tests.support.waiting import eventually
from workflows.incident.event_types import SUBSCRIBED
from workflows.subscription.activities import Converged, Inspected, OfAccount

pytestmark = pytest.mark.anyio

ACCOUNT = COMPANY.account
RING = KeyRing.parse(KEYS)
HERE, MOVED = "http://127.0.0.1:9", "http://127.0.0.1:10"
PATH = f"/webhooks/pagerduty/{ACCOUNT}"
DONE = Converged(state="subscribed")
Answer = Callable[..., Awaitable[Any]]


class Died(BaseException):
    """The process ended here."""


class Worker:
    """A process with pools of its own."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        accounts: dict[str, PagerDutyAccount],
        pool: Pool,
        locks: Pool,
        public_url: str = HERE,
    ) -> None:
        self.later = 0.0
        """Seconds that its clock is ahead."""
        settings = settings_for("postgresql://unused", "127.0.0.1:1", public_url=public_url)
        self.pool = pool
        self.locks = locks
        self.client = SubscriptionClient(http)
        tokens = AppTokens(http, accounts, clock=lambda: time.monotonic() + self.later)
        self.activities = SubscriptionActivities(self.client, tokens, accounts, RING, settings, pool, locks)

    async def converge(self, environment: ActivityEnvironment | None = None) -> Converged:
        environment = environment or ActivityEnvironment()
        done: Converged = await environment.run(
            self.activities.converge_subscription, OfAccount(account=ACCOUNT)
        )
        return done

    async def inspect(self) -> Inspected:
        return await self.activities.inspect_subscription(OfAccount(account=ACCOUNT))

    async def fails(self) -> ApplicationError:
        with pytest.raises(ApplicationError) as failed:
            await self.converge()
        return failed.value


@pytest.fixture
async def start(
    http: httpx.AsyncClient, accounts: dict[str, PagerDutyAccount], database_url: str, pool: Pool
) -> AsyncIterator[Callable[..., Awaitable[Worker]]]:
    opened: list[Pool] = []

    async def started(public_url: str = HERE) -> Worker:
        own, locks = [await open_pool(database_at(database_url), size=size) for size in (4, 2)]
        opened.extend((own, locks))
        return Worker(http, accounts, own, locks, public_url)

    yield started
    for one in opened:
        await one.close()


@pytest.fixture
async def side(pagerduty_side: PagerDuty, pool: Pool) -> PagerDuty:
    """Nobody has subscribed yet; a service is connected."""
    pagerduty_side.simulator.subscriptions.delete(COMPANY.webhook_subscription)
    await pool.execute("DELETE FROM webhook_subscription")
    return pagerduty_side


@pytest.fixture
async def worker(side: PagerDuty, start: Callable[..., Awaitable[Worker]]) -> Worker:
    return await start()


def there(side: PagerDuty) -> list[Subscription]:
    return side.simulator.subscriptions.all()


async def seeded(side: PagerDuty, pool: Pool, url: str | None) -> None:
    """PagerDuty sends to us by a subscription that the file named, with this address of it."""
    side.simulator.subscriptions.move(COMPANY.webhook_subscription, HERE + PATH)
    await pool.execute("UPDATE webhook_subscription SET url = $1", url)


async def connect(pool: Pool) -> None:
    (first, *_) = COMPANY.connections
    await connections.upsert(
        pool, account=ACCOUNT, service=first.service, service_name="Checkout", conversation=first.channel
    )


async def disconnect(pool: Pool) -> None:
    await pool.execute("DELETE FROM connection")


async def assert_one(side: PagerDuty, pool: Pool, url: str = HERE) -> Subscription:
    """PagerDuty has one of ours, and its secret is the one that is stored; nothing is expected any more."""
    (ours,) = there(side)
    assert ours.url == url + PATH
    known = await subscriptions.secrets_of(pool, RING, ACCOUNT)
    assert known.by_subscription[ours.id] == ours.secrets[0]
    assert not known.is_expected
    live = await pool.fetch("SELECT id FROM webhook_subscription WHERE ended_at IS NULL")
    assert [row["id"] for row in live] == [ours.id]
    return ours


async def let_late_creations_be_over(pool: Pool) -> None:
    await pool.execute("UPDATE subscription_intent SET given_up_at = now() - interval '1 hour'")


@contextmanager
def dying(owner: Any, name: str, *, after: bool) -> Any:
    """The process ends before or after this call, the first time that it makes it."""
    original: Answer = getattr(owner, name)

    async def call(*given: Any, **more: Any) -> Any:
        if after:
            await original(*given, **more)
        raise Died

    with patch.object(owner, name, call):
        yield


# The first connection


async def test_the_first_connection_subscribes_to_what_the_product_understands(
    worker: Worker, side: PagerDuty, pool: Pool
) -> None:
    assert await worker.converge() == DONE
    ours = await assert_one(side, pool)
    assert (ours.filter.type, ours.events, ours.active) == ("account_reference", SUBSCRIBED, True)
    marks = marks_of(Listed(ours.id, ours.description or "", ours.url))
    assert marks is not None
    assert marks.installation == await subscriptions.installation(pool)


async def test_what_is_there_is_kept_without_a_call(worker: Worker, side: PagerDuty, pool: Pool) -> None:
    await worker.converge()
    ours = await assert_one(side, pool)
    calls = len(side.simulator.store.state.reads) + len(side.simulator.store.state.writes)
    assert await worker.converge() == DONE
    assert await assert_one(side, pool) == ours
    assert len(side.simulator.store.state.reads) + len(side.simulator.store.state.writes) == calls


async def test_two_first_connections_at_once_make_one(
    side: PagerDuty, pool: Pool, start: Callable[..., Awaitable[Worker]]
) -> None:
    one, other = await start(), await start()
    await side.fault("rest", "slow", seconds=0.3, match={"method": "GET", "path": "/webhook_subscriptions"})
    assert set(await asyncio.gather(one.converge(), other.converge())) == {DONE}
    await assert_one(side, pool)
    assert [one.method for one in side.simulator.store.state.writes] == ["POST"]


@pytest.mark.parametrize("url", [None, HERE + PATH])
async def test_a_seeded_subscription_is_adopted(
    pagerduty_side: PagerDuty, pool: Pool, start: Callable[..., Awaitable[Worker]], url: str | None
) -> None:
    await seeded(pagerduty_side, pool, url)
    assert await (await start()).converge() == DONE
    assert (await assert_one(pagerduty_side, pool)).id == COMPANY.webhook_subscription


# Answers


async def test_a_lost_answers_subscription_is_deleted_and_another_made(
    worker: Worker, side: PagerDuty, pool: Pool
) -> None:
    await side.fault("rest", "lose_answer", match={"method": "POST"})
    assert (await worker.fails()).type == "ProviderUnavailable"
    (lost,) = there(side)
    assert (await subscriptions.secrets_of(pool, RING, ACCOUNT)).is_expected
    assert await worker.converge() == DONE
    assert (await assert_one(side, pool)).id != lost.id


async def test_a_creation_that_is_late_is_found_by_a_later_call(
    worker: Worker, side: PagerDuty, pool: Pool
) -> None:
    create = worker.client.create
    with patch.object(worker.client, "create", lambda *a, **more: create(*a, **more, within=0.3)):
        await side.fault("rest", "slow", seconds=1.0, match={"method": "POST"})
        assert (await worker.fails()).type == "ProviderUnavailable"
    again = await worker.converge()
    assert (again.state, again.waits_for) == ("subscribed", "late_creation")
    assert again.again_in is not None
    assert 0 < again.again_in <= subscriptions.LATE.total_seconds()
    assert (await subscriptions.secrets_of(pool, RING, ACCOUNT)).is_expected, "its events are asked for again"

    async def both() -> bool:
        return len(there(side)) == 2

    await eventually(both)
    assert await worker.converge() == DONE
    await assert_one(side, pool)


async def test_a_creation_that_never_comes_is_waited_for_no_longer_than_it_can(
    worker: Worker, side: PagerDuty, pool: Pool
) -> None:
    with dying(worker.client, "create", after=False), pytest.raises(Died):
        await worker.converge()
    assert (await worker.converge()).waits_for == "late_creation"
    await let_late_creations_be_over(pool)
    assert await worker.converge() == DONE
    await assert_one(side, pool)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_pagerduty_down_then_back(worker: Worker, side: PagerDuty, pool: Pool, method: str) -> None:
    await side.fault("rest", "status", status=503, times=3, match={"method": method})
    for _ in range(3):
        assert (await worker.fails()).type == "ProviderUnavailable"
    if method == "GET":
        assert not (await subscriptions.secrets_of(pool, RING, ACCOUNT)).is_expected, "nothing was asked for"
    await let_late_creations_be_over(pool)
    assert await worker.converge() == DONE
    await assert_one(side, pool)


async def test_a_limit_of_ten_is_named(worker: Worker, side: PagerDuty, pool: Pool) -> None:
    for number in range(10):
        await others(side, f"somebody else's {number}")
    failed = await worker.fails()
    assert (failed.type, failed.details[0]) == ("RequestInvalid", "2019")
    assert "10 webhook subscriptions" in str(failed)
    assert not (await subscriptions.secrets_of(pool, RING, ACCOUNT)).is_expected


@pytest.mark.parametrize("scope", SUBSCRIPTION.scopes)
async def test_a_missing_scope_is_named(worker: Worker, side: PagerDuty, pool: Pool, scope: str) -> None:
    left = [one for one in COMPANY.client_scopes if one != scope]
    await side.sandbox("POST", "/identity", {"client_scopes": left})
    failed = await worker.fails()
    assert (failed.type, failed.details[0]) == ("Forbidden", f"insufficient_scope:{scope}")
    assert scope in str(failed)
    assert "webhook subscription" in str(failed)
    assert there(side) == []
    await side.sandbox("POST", "/identity", {"client_scopes": None})
    worker.later += 30
    assert await worker.converge() == DONE


async def test_an_event_that_comes_before_the_secret_is_asked_for_again(
    side: PagerDuty,
    pool: Pool,
    client: Client,
    database_url: str,
    temporal: EmbeddedTemporal,
    tmp_path: Path,
    start: Callable[..., Awaitable[Worker]],
) -> None:
    """PagerDuty has made it, and the answer is on its way while an incident is triggered."""
    port = free_port()
    settings = edge_settings(database_url, temporal.address, tmp_path)
    async with serving_edge(settings, pool, client, port=port):
        worker = await start(f"http://127.0.0.1:{port}")
        await side.fault("rest", "late_answer", seconds=1.5, match={"method": "POST"})
        begun = asyncio.create_task(worker.converge())
        await side.until(lambda: len(there(side)) == 1)
        await side.monitored()
        webhooks = side.simulator.store.state.webhooks

        def statuses() -> list[int | None]:
            return [attempt.status for one in webhooks.values() for attempt in one.attempts]

        await side.until(lambda: bool(statuses()))
        assert set(statuses()) == {503}
        assert await begun == DONE
        await side.sandbox("POST", "/clock", {"advance": 3600})
        await side.until(lambda: set(side.webhook_states()) == {"delivered"})
        assert set(statuses()) == {503, 202}
        await assert_one(side, pool, f"http://127.0.0.1:{port}")
        assert await pool.fetchval("SELECT bool_and(verified_at IS NOT NULL) FROM webhook_subscription")


# Crashes


async def test_a_slow_creation_beats_so_that_a_killed_worker_is_known_in_seconds(
    worker: Worker, side: PagerDuty, pool: Pool
) -> None:
    environment, heard = ActivityEnvironment(), []
    environment.on_heartbeat = lambda *details: heard.append(details)
    await side.fault("rest", "late_answer", seconds=1.5, match={"method": "POST"})
    assert await worker.converge(environment) == DONE
    assert heard
    await assert_one(side, pool)


STEPS = [
    (owner, name, after)
    for owner, name in (
        (subscriptions, "give_up_intents"),
        (subscriptions, "begin"),
        (SubscriptionClient, "list_all"),
        (SubscriptionClient, "create"),
        (subscriptions, "store"),
    )
    for after in (False, True)
]


@pytest.mark.parametrize(("owner", "name", "after"), STEPS)
async def test_a_crash_before_and_after_each_step_of_a_creation(
    worker: Worker, side: PagerDuty, pool: Pool, owner: Any, name: str, after: bool
) -> None:
    with dying(owner, name, after=after), pytest.raises(Died):
        await worker.converge()
    await worker.converge()
    await let_late_creations_be_over(pool)
    assert await worker.converge() == DONE
    await assert_one(side, pool)


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (subscriptions, "end_unneeded"),
        (SubscriptionClient, "list_all"),
        (SubscriptionClient, "delete"),
        (subscriptions, "note_deleted"),
    ],
)
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("connected_again", [False, True])
async def test_a_crash_before_and_after_each_step_of_a_deletion(
    worker: Worker, side: PagerDuty, pool: Pool, owner: Any, name: str, after: bool, connected_again: bool
) -> None:
    await worker.converge()
    await disconnect(pool)
    with dying(owner, name, after=after), pytest.raises(Died):
        await worker.converge()
    if connected_again:
        await connect(pool)
        assert await worker.converge() == DONE
        await assert_one(side, pool)
    else:
        assert await worker.converge() == Converged(state="unsubscribed")
        assert there(side) == []


async def test_a_caller_that_is_cancelled_leaves_what_the_next_one_finds(
    worker: Worker, side: PagerDuty, pool: Pool
) -> None:
    await side.fault("rest", "late_answer", seconds=2.0, match={"method": "POST"})
    begun = asyncio.create_task(worker.converge())
    await side.until(lambda: len(there(side)) == 1)
    begun.cancel()
    with pytest.raises(asyncio.CancelledError):
        await begun
    assert await worker.converge() == DONE
    await assert_one(side, pool)


async def lose_lock(pool: Pool) -> None:
    """The holder's connection ends, and it does not know."""
    await pool.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_locks"
        " WHERE locktype = 'advisory' AND granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )


@pytest.mark.parametrize("name", ["list_all", "create"])
@pytest.mark.parametrize("after", [False, True])
async def test_a_holder_that_lost_the_lock_stores_no_second_one_and_deletes_none_of_the_next_holders(
    side: PagerDuty, pool: Pool, start: Callable[..., Awaitable[Worker]], name: str, after: bool
) -> None:
    first, second = await start(), await start()
    original: Answer = getattr(first.client, name)
    reached, goes_on = asyncio.Event(), asyncio.Event()

    async def held(*given: Any, **more: Any) -> Any:
        answer = await original(*given, **more) if after else None
        reached.set()
        await goes_on.wait()
        return answer if after else await original(*given, **more)

    with patch.object(first.client, name, held):
        begun = asyncio.create_task(first.converge())
        await reached.wait()
        await lose_lock(pool)
        await second.converge()
        goes_on.set()
        with pytest.raises(ApplicationError):
            await begun
    await let_late_creations_be_over(pool)
    assert await second.converge() == DONE
    await assert_one(side, pool)


async def test_a_holder_that_lost_the_lock_leaves_what_the_next_holder_has_not_stored_yet(
    side: PagerDuty, pool: Pool, start: Callable[..., Awaitable[Worker]]
) -> None:
    first, second = await start(), await start()
    listing, create = first.client.list_all, second.client.create
    reached, created, goes_on, stores = (asyncio.Event() for _ in range(4))

    async def late_list(*given: Any, **more: Any) -> Any:
        reached.set()
        await goes_on.wait()
        return await listing(*given, **more)

    async def late_answer(*given: Any, **more: Any) -> Any:
        answer = await create(*given, **more)
        created.set()
        await stores.wait()
        return answer

    with (
        patch.object(first.client, "list_all", late_list),
        patch.object(second.client, "create", late_answer),
    ):
        zombie = asyncio.create_task(first.converge())
        await reached.wait()
        await lose_lock(pool)
        holder = asyncio.create_task(second.converge())
        await created.wait()
        goes_on.set()
        with pytest.raises(ApplicationError):
            await zombie
        stores.set()
        await holder
    await let_late_creations_be_over(pool)
    await second.converge()
    await assert_one(side, pool)


# Others


async def others(side: PagerDuty, description: str, url: str = HERE + PATH) -> str:
    wanted = {
        "type": "webhook_subscription",
        "description": description,
        "events": ["incident.triggered"],
        "filter": {"type": "account_reference"},
        "delivery_method": {"type": "http_delivery_method", "url": url},
    }
    answer = await side.call("POST", "/webhook_subscriptions", {"webhook_subscription": wanted})
    return str(answer.json()["webhook_subscription"]["id"])


async def test_only_what_carries_our_installation_and_our_address_is_ours(
    worker: Worker, side: PagerDuty, pool: Pool
) -> None:
    ours, marker = await subscriptions.installation(pool), "0" * 32
    another = "11111111-2222-4333-8444-555555555555"
    kept = {
        await others(side, f"Muster {another} / {marker}"),
        await others(side, f"Muster {ours} / {marker}", "https://copy.example" + PATH),
        await others(side, f"Muster {ours} / {marker} of Bo"),
        await others(side, "Muster"),
        await others(side, ""),
    }
    orphan = await others(side, f"Muster {ours} / {marker}")
    assert await worker.converge() == DONE
    made = {one.id for one in there(side)} - kept
    assert orphan not in made
    assert len(made) == 1
    await disconnect(pool)
    await worker.converge()
    assert {one.id for one in there(side)} == kept


# Moving, ending


async def test_a_moved_installation_deletes_the_old_one_after_the_first_event_at_the_new(
    side: PagerDuty, pool: Pool, start: Callable[..., Awaitable[Worker]]
) -> None:
    await (await start()).converge()
    (old,) = there(side)
    worker = await start(MOVED)
    for _ in range(2):
        assert (await worker.converge()).waits_for == "first_event"
        assert [one.url for one in there(side)] == [HERE + PATH, MOVED + PATH]
    await subscriptions.note_verified(pool, ACCOUNT, there(side)[1].id)
    assert await worker.converge() == DONE
    await assert_one(side, pool, MOVED)
    known = await subscriptions.secrets_of(pool, RING, ACCOUNT)
    assert known.by_subscription[old.id] == old.secrets[0], "what waits for the old one is still taken"


async def test_the_last_connections_end_deletes_it_and_its_secret_counts_for_two_days(
    worker: Worker, side: PagerDuty, pool: Pool
) -> None:
    await worker.converge()
    (gone,) = there(side)
    await disconnect(pool)
    assert await worker.converge() == Converged(state="unsubscribed")
    assert there(side) == []
    assert gone.id in (await subscriptions.secrets_of(pool, RING, ACCOUNT)).by_subscription
    await pool.execute("UPDATE webhook_subscription SET deleted_at = now() - interval '49 hours'")
    assert gone.id not in (await subscriptions.secrets_of(pool, RING, ACCOUNT)).by_subscription
    assert await worker.converge() == Converged(state="unsubscribed")
    assert await pool.fetchval("SELECT count(*) FROM webhook_subscription") == 0


@pytest.mark.parametrize("slow", ["GET", "DELETE"])
async def test_the_last_one_is_disconnected_while_another_connects(
    side: PagerDuty, pool: Pool, start: Callable[..., Awaitable[Worker]], slow: str
) -> None:
    leaving, coming = await start(), await start()
    await leaving.converge()
    await disconnect(pool)
    await side.fault("rest", "slow", seconds=0.5, match={"method": slow})
    left = asyncio.create_task(leaving.converge())

    async def ended() -> bool:
        return bool(
            await pool.fetchval("SELECT count(*) FROM webhook_subscription WHERE ended_at IS NOT NULL")
        )

    await eventually(ended)
    await connect(pool)
    assert await coming.converge() == DONE
    assert await left in (DONE, Converged(state="unsubscribed"))
    await assert_one(side, pool)


async def test_a_key_that_is_gone_deletes_nothing(worker: Worker, side: PagerDuty, pool: Pool) -> None:
    await worker.converge()
    (ours,) = there(side)
    await pool.execute("UPDATE webhook_subscription SET secret = 'x'")
    assert "MUSTER_KEYS" in str(await worker.fails())
    assert there(side) == [ours]


# What others do in PagerDuty


@pytest.fixture
async def edge(
    side: PagerDuty, pool: Pool, client: Client, database_url: str, temporal: EmbeddedTemporal, tmp_path: Path
) -> AsyncIterator[str]:
    """A running edge: its public address."""
    port = free_port()
    settings = edge_settings(database_url, temporal.address, tmp_path)
    async with serving_edge(settings, pool, client, port=port):
        yield f"http://127.0.0.1:{port}"


async def test_a_ping_brings_the_first_event_after_a_move(
    side: PagerDuty, pool: Pool, edge: str, start: Callable[..., Awaitable[Worker]]
) -> None:
    await (await start()).converge()
    worker = await start(edge)
    assert (await worker.converge()).waits_for == "first_event"
    await side.until(lambda: side.webhook_states() == ["delivered"])
    assert await worker.converge() == DONE
    ours = await assert_one(side, pool, edge)
    sent = side.simulator.store.state.webhooks.values()
    assert [(one.event_type, one.subscription) for one in sent] == [("pagey.ping", ours.id)]


async def test_a_move_waits_for_an_event_where_a_ping_fails_and_an_inspection_pings_again(
    side: PagerDuty, pool: Pool, edge: str, start: Callable[..., Awaitable[Worker]]
) -> None:
    await (await start()).converge()
    worker = await start(edge)
    await side.fault("rest", "slow", seconds=0.01, match={"method": "POST"})  # the creation goes well
    await side.fault("rest", "status", status=503, match={"method": "POST"})
    for _ in range(3):
        assert (await worker.converge()).waits_for == "first_event"
    assert not side.simulator.store.state.webhooks, "nobody pings an address over and over"
    assert (await worker.inspect()).converged.waits_for == "first_event"
    await side.until(lambda: side.webhook_states() == ["delivered"])
    assert await worker.converge() == DONE
    await assert_one(side, pool, edge)


async def test_a_subscription_that_somebody_deleted_is_made_again(
    worker: Worker, side: PagerDuty, pool: Pool
) -> None:
    await worker.converge()
    (gone,) = there(side)
    side.simulator.subscriptions.delete(gone.id)
    with capture_logs() as logs:
        assert await worker.inspect() == Inspected(found=("deleted",), converged=DONE)
    assert warned(logs) == [("deleted", gone.id)]
    assert (await assert_one(side, pool)).id != gone.id
    known = await subscriptions.secrets_of(pool, RING, ACCOUNT)
    assert gone.id in known.by_subscription, "its last events may still be on their way"
    assert await worker.inspect() == Inspected(converged=DONE)


@pytest.mark.parametrize("how", ["inactive", "disabled"])
async def test_a_subscription_that_is_silent_sends_again(
    worker: Worker, side: PagerDuty, pool: Pool, how: str
) -> None:
    await worker.converge()
    (ours,) = there(side)
    if how == "inactive":
        side.simulator.subscriptions.update(ours.id, {"active": False})
    else:
        for _ in range(3):
            side.simulator.subscriptions.refused(ours.id)
    with capture_logs() as logs:
        assert (await worker.inspect()).found == (how,)
    assert warned(logs) == [(how, ours.id)]
    now = await assert_one(side, pool)
    assert (now.id, now.active) == (ours.id, True)
    assert not side.simulator.subscriptions.is_disabled(now)
    assert await worker.inspect() == Inspected(converged=DONE)


@pytest.mark.parametrize(
    "change",
    [
        {"events": SUBSCRIBED[1:]},
        {"filter": Filter(type="service_reference", id=COMPANY.connections[0].service)},
    ],
    ids=["unticked", "of one service"],
)
async def test_a_subscription_to_less_is_widened(
    worker: Worker, side: PagerDuty, pool: Pool, change: dict[str, Any]
) -> None:
    await worker.converge()
    (ours,) = there(side)
    side.simulator.subscriptions.update(ours.id, change)
    with capture_logs() as logs:
        assert await worker.inspect() == Inspected(found=("changed",), converged=DONE)
    assert warned(logs) == [("changed", ours.id)]
    assert await assert_one(side, pool) == ours
    assert await worker.inspect() == Inspected(converged=DONE)


async def test_a_subscription_to_more_stays_as_it_is(worker: Worker, side: PagerDuty, pool: Pool) -> None:
    await worker.converge()
    (ours,) = there(side)
    more = side.simulator.subscriptions.update(ours.id, {"events": (*SUBSCRIBED, "pagey.ping")})
    assert await worker.inspect() == Inspected(converged=DONE)
    assert await assert_one(side, pool) == more


async def test_nobody_elses_subscription_is_switched_on(worker: Worker, side: PagerDuty) -> None:
    await worker.converge()
    strange = await others(side, "somebody else's")
    side.simulator.subscriptions.update(strange, {"active": False})
    assert await worker.inspect() == Inspected(converged=DONE)
    assert not side.simulator.subscriptions.get(strange).active


@pytest.mark.parametrize("connected", [True, False])
async def test_an_inspection_deletes_a_creation_that_came_after_its_intent_was_over(
    worker: Worker, side: PagerDuty, pool: Pool, connected: bool
) -> None:
    if connected:
        await worker.converge()
    else:
        await disconnect(pool)
    kept = {one.id for one in there(side)} | {await others(side, "somebody else's")}
    stray = await others(side, f"Muster {await subscriptions.installation(pool)} / {'0' * 32}")
    await worker.converge()
    assert {one.id for one in there(side)} == kept | {stray}, "nothing tells of it"
    state: Any = "subscribed" if connected else "unsubscribed"
    assert await worker.inspect() == Inspected(converged=Converged(state=state))
    assert {one.id for one in there(side)} == kept


@pytest.mark.parametrize("lack", [(), SUBSCRIPTION.scopes])
async def test_an_inspection_of_an_account_without_a_connection_changes_nothing_and_needs_no_scopes(
    worker: Worker, side: PagerDuty, pool: Pool, lack: tuple[str, ...]
) -> None:
    await disconnect(pool)
    left = [one for one in COMPANY.client_scopes if one not in lack]
    await side.sandbox("POST", "/identity", {"client_scopes": left})
    assert await worker.inspect() == Inspected(converged=Converged(state="unsubscribed"))
    assert not side.simulator.store.state.writes


async def test_a_refused_inspection_deletes_and_makes_nothing(
    worker: Worker, side: PagerDuty, pool: Pool
) -> None:
    """A 404 of something between us and PagerDuty says nothing of the subscription."""
    await worker.converge()
    await side.fault("rest", "status", status=404, body="<html>", match={"method": "GET"})
    with pytest.raises(ApplicationError):
        await worker.inspect()
    await assert_one(side, pool)


async def test_an_inspection_goes_on_with_a_new_token_where_pagerduty_revoked_the_kept_one(
    worker: Worker, side: PagerDuty, pool: Pool
) -> None:
    await worker.converge()
    side.simulator.store.state.access_tokens.clear()
    assert await worker.inspect() == Inspected(converged=DONE)


@pytest.mark.parametrize("url", [None, HERE + PATH])
async def test_a_seeded_subscription_is_inspected_like_ours(
    pagerduty_side: PagerDuty, pool: Pool, start: Callable[..., Awaitable[Worker]], url: str | None
) -> None:
    await seeded(pagerduty_side, pool, url)
    pagerduty_side.simulator.subscriptions.update(COMPANY.webhook_subscription, {"active": False})
    assert await (await start()).inspect() == Inspected(found=("inactive",), converged=DONE)
    assert (await assert_one(pagerduty_side, pool)).active


def warned(logs: list[Any]) -> list[tuple[str, str]]:
    return [(one["found"], one["subscription"]) for one in logs if one["log_level"] == "warning"]
