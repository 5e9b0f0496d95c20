"""Our own calls on webhook subscriptions are as PagerDuty describes them, and so are the answers."""

from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from muster.clients.http import open_pool
from muster.clients.pagerduty.app_scopes import SUBSCRIPTION
from muster.clients.pagerduty.subscriptions import Created, Listed, Standing, SubscriptionClient
from muster.clients.pagerduty.tokens import AppTokens
from sandbox.pagerduty.model import Filter
from tests.contract.wire import Wire
from tests.schemas.pagerduty import rest_api
from tests.support.pagerduty_account import SimulatedAccount, running_account
from workflows.errors import (
    Forbidden,
    NotFound,
    OutcomeUnknown,
    OutsideError,
    ProviderUnavailable,
    RequestInvalid,
)
from workflows.incident.event_types import SUBSCRIBED

pytestmark = pytest.mark.anyio

URL = "https://muster.example/webhooks/pagerduty/acme"


class Ours:
    """Our client with a record of the wire."""

    def __init__(self, http: httpx.AsyncClient, wire: Wire, simulated: SimulatedAccount) -> None:
        self.wire = wire
        self.account = simulated.configured
        self.client = SubscriptionClient(http)
        self.tokens = AppTokens(http, {self.account.key: self.account})

    async def token(self) -> str:
        return await self.tokens.get(self.account.key, SUBSCRIPTION)

    async def list_all(self) -> tuple[Listed, ...]:
        return await self.client.list_all(self.account, token=await self.token())

    async def create(self, description: str = "ours", token: str | None = None) -> Created:
        return await self.client.create(
            self.account,
            token=token or await self.token(),
            url=URL,
            description=description,
            events=SUBSCRIBED,
        )

    async def read(self, id: str) -> Standing | None:
        return await self.client.read(self.account, id, token=await self.token())

    async def activate(self, id: str) -> None:
        await self.client.activate(self.account, id, token=await self.token())

    async def widen(self, id: str) -> None:
        await self.client.widen(self.account, id, token=await self.token(), events=SUBSCRIBED)

    async def enable(self, id: str) -> None:
        await self.client.enable(self.account, id, token=await self.token())

    async def ping(self, id: str) -> None:
        await self.client.ping(self.account, id, token=await self.token())

    async def delete(self, id: str) -> None:
        await self.client.delete(self.account, id, token=await self.token())


@pytest.fixture(scope="module")
async def running() -> AsyncIterator[SimulatedAccount]:
    async with running_account(listen=False) as simulated:
        yield simulated


@pytest.fixture
async def simulated(running: SimulatedAccount) -> SimulatedAccount:
    await running.reset()
    running.simulator.subscriptions.delete(running.company.webhook_subscription)
    return running


@pytest.fixture
async def ours(simulated: SimulatedAccount) -> AsyncIterator[Ours]:
    wire = Wire()
    async with open_pool(transport=wire) as http:
        yield Ours(http, wire, simulated)
    for exchange in wire.exchanges:
        if exchange.path != "/oauth/token":
            rest_api().check_request(exchange)
            rest_api().check_answer(exchange)
            assert rest_api().scope_of(exchange) in SUBSCRIPTION.scopes


async def failure(call: Awaitable[object]) -> OutsideError:
    with pytest.raises(OutsideError) as failed:
        await call
    return failed.value


async def test_a_subscription_is_made_listed_without_its_secret_and_deleted(
    ours: Ours, simulated: SimulatedAccount
) -> None:
    created = await ours.create("Muster here")
    (there,) = simulated.simulator.subscriptions.all()
    assert (created.id, created.secret) == (there.id, there.secrets[0])
    assert created.secret not in repr(created)
    assert await ours.list_all() == (Listed(created.id, "Muster here", URL),)
    await ours.delete(created.id)
    await ours.delete(created.id)
    assert await ours.list_all() == ()


async def test_a_subscription_is_read_switched_on_and_enabled(
    ours: Ours, simulated: SimulatedAccount
) -> None:
    created = await ours.create()
    sends = Standing(is_active=True, is_disabled=False, events=frozenset(SUBSCRIBED), is_of_account=True)
    assert await ours.read(created.id) == sends
    all_of_account = simulated.simulator.subscriptions
    all_of_account.update(created.id, {"active": False})
    assert await ours.read(created.id) == sends._replace(is_active=False)
    await ours.activate(created.id)
    assert await ours.read(created.id) == sends
    for _ in range(3):
        all_of_account.refused(created.id)
    assert await ours.read(created.id) == sends._replace(is_disabled=True)
    await ours.enable(created.id)
    assert await ours.read(created.id) == sends
    await ours.delete(created.id)
    assert await ours.read(created.id) is None


async def test_a_subscription_to_less_is_read_and_widened(ours: Ours, simulated: SimulatedAccount) -> None:
    created = await ours.create()
    of_all = await ours.read(created.id)
    assert of_all is not None
    kept = ("incident.triggered",)
    service = Filter(type="service_reference", id=simulated.company.connections[0].service)
    simulated.simulator.subscriptions.update(created.id, {"events": kept, "filter": service})
    assert await ours.read(created.id) == of_all._replace(events=frozenset(kept), is_of_account=False)
    await ours.widen(created.id)
    assert await ours.read(created.id) == of_all


async def test_a_ping_sends_the_test_event(ours: Ours, simulated: SimulatedAccount) -> None:
    created = await ours.create()
    await ours.ping(created.id)
    (sent,) = simulated.simulator.store.state.webhooks.values()
    assert (sent.subscription, sent.event_type) == (created.id, "pagey.ping")


async def test_every_page_is_read(ours: Ours, simulated: SimulatedAccount) -> None:
    made = [await ours.create(f"number {number}") for number in range(3)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("muster.clients.pagerduty.subscriptions._PAGE", 1)
        assert [one.id for one in await ours.list_all()] == [one.id for one in made]


async def test_an_eleventh_is_refused_with_the_limit(ours: Ours) -> None:
    for number in range(10):
        await ours.create(f"number {number}")
    refused = await failure(ours.create())
    assert (type(refused), refused.code) == (RequestInvalid, "2019")
    assert "10 webhook subscriptions" in str(refused)


async def test_a_token_without_a_scope_of_the_events_is_refused(
    ours: Ours, simulated: SimulatedAccount
) -> None:
    token = await ours.token()
    kept = simulated.simulator.store.state.access_tokens[token]
    scopes = tuple(scope for scope in kept.scopes if scope != "services.read")
    simulated.simulator.store.state.access_tokens[token] = kept.model_copy(update={"scopes": scopes})
    refused = await failure(ours.create(token=token))
    assert (type(refused), refused.code) == (Forbidden, "2010")
    assert refused.says == "The token lacks the scope services.read"


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("POST", "/webhook_subscriptions", OutcomeUnknown),
        ("GET", "/webhook_subscriptions", ProviderUnavailable),
        ("GET", "/webhook_subscriptions/PONE", ProviderUnavailable),
        ("PUT", "/webhook_subscriptions/PONE", ProviderUnavailable),
        ("PUT", "/webhook_subscriptions/PTWO", ProviderUnavailable),
        ("POST", "/webhook_subscriptions/PONE/enable", ProviderUnavailable),
        ("POST", "/webhook_subscriptions/PONE/ping", ProviderUnavailable),
        ("DELETE", "/webhook_subscriptions/PONE", ProviderUnavailable),
    ],
)
async def test_an_answer_that_is_lost(
    ours: Ours, simulated: SimulatedAccount, method: str, path: str, kind: type[OutsideError]
) -> None:
    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "POST /webhook_subscriptions": ours.create,
        "GET /webhook_subscriptions": ours.list_all,
        "GET /webhook_subscriptions/PONE": lambda: ours.read("PONE"),
        "PUT /webhook_subscriptions/PONE": lambda: ours.activate("PONE"),
        "PUT /webhook_subscriptions/PTWO": lambda: ours.widen("PTWO"),
        "POST /webhook_subscriptions/PONE/enable": lambda: ours.enable("PONE"),
        "POST /webhook_subscriptions/PONE/ping": lambda: ours.ping("PONE"),
        "DELETE /webhook_subscriptions/PONE": lambda: ours.delete("PONE"),
    }
    await simulated.fault("rest", "lose_answer", match={"method": method, "path": path})
    assert type(await failure(calls[f"{method} {path}"]())) is kind


async def test_a_proxys_404_does_not_say_that_it_is_deleted(ours: Ours, simulated: SimulatedAccount) -> None:
    created = await ours.create()
    await simulated.fault("rest", "status", status=404, body="<html>", match={"method": "DELETE"})
    with pytest.raises(NotFound):
        await ours.delete(created.id)
    await simulated.fault("rest", "status", status=404, body="<html>", match={"method": "GET"})
    with pytest.raises(NotFound):
        await ours.read(created.id)
    ours.wire.exchanges.pop()
    ours.wire.exchanges.pop()  # the proxy's answer is none of PagerDuty's
