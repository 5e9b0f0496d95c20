"""The app's own PagerDuty tokens."""

from urllib.parse import parse_qs

import httpx
import pytest

from muster.clients.http import open_pool
from muster.clients.pagerduty.app_scopes import INCIDENTS, SCOPES, SUBSCRIPTION, USES
from muster.clients.pagerduty.tokens import AppTokens
from muster.config_file import PagerDutyAccount
from workflows.errors import CredentialRejected, Forbidden, ProviderUnavailable, RateLimited, RequestInvalid

pytestmark = pytest.mark.anyio

ACCOUNT = PagerDutyAccount.model_validate(
    {"subdomain": "acme", "region": "eu", "client_id": "client-1", "client_secret": "s3cret"}
)
GRANTED = {
    "access_token": "pdus+_0abc",
    "expires_in": 86400,
    "scope": " ".join(("as_account-eu.acme", *SCOPES)),
}


class Identity:
    """PagerDuty's token endpoint: records forms and gives one answer."""

    def __init__(self):
        self.requests = []
        self.answer = httpx.Response(200, json=GRANTED)

    def handle(self, request):
        self.requests.append(request)
        return self.answer


@pytest.fixture
def identity():
    return Identity()


class Clock:
    """Goes on when a test says so."""

    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def tokens(identity, clock):
    async with open_pool(transport=httpx.MockTransport(identity.handle)) as pool:
        yield AppTokens(pool, {"acme": ACCOUNT, "umbrella": ACCOUNT}, clock=clock)


async def test_a_token_for_the_account_is_asked_once(tokens, identity):
    assert await tokens.get("acme", INCIDENTS) == await tokens.get("acme", INCIDENTS) == "pdus+_0abc"
    (request,) = identity.requests
    assert str(request.url) == "https://identity.pagerduty.com/oauth/token"
    form = {name: value for name, (value,) in parse_qs(request.content.decode()).items()}
    assert form["scope"].split() == ["as_account-eu.acme", *SCOPES]
    assert form | {"scope": ""} == {
        "grant_type": "client_credentials",
        "client_id": "client-1",
        "client_secret": "s3cret",
        "scope": "",
    }


def granting(*scopes, token="pdus+_0abc"):
    return httpx.Response(200, json=GRANTED | {"scope": " ".join(scopes), "access_token": token})


@pytest.mark.parametrize("use", USES, ids=lambda use: use.feature)
async def test_a_use_asks_for_its_own_scopes_and_no_others(tokens, identity, use):
    identity.answer = granting(*use.scopes)
    assert await tokens.get("acme", use) == "pdus+_0abc"


@pytest.mark.parametrize(("use", "scope"), [(use, scope) for use in USES for scope in use.scopes])
async def test_a_scope_that_was_silently_left_out_is_named_with_its_feature(tokens, identity, use, scope):
    identity.answer = granting(*(granted for granted in SCOPES if granted != scope))
    with pytest.raises(Forbidden) as refused:
        await tokens.get("acme", use)
    assert use.feature in str(refused.value)
    assert refused.value.refusal == (f"insufficient_scope:{scope}", scope)
    with pytest.raises(Forbidden, match="registration"):
        await tokens.renew("acme", "pdus+_0abc", use)


async def test_incidents_are_read_where_webhook_scopes_lack(tokens, identity):
    identity.answer = granting("incidents.read")
    with pytest.raises(Forbidden):
        await tokens.get("acme", SUBSCRIPTION)
    assert await tokens.get("acme", INCIDENTS) == "pdus+_0abc"


async def test_a_scope_that_was_granted_meanwhile_counts_at_the_next_use(tokens, identity):
    identity.answer = granting("incidents.read", token="old")
    assert await tokens.get("acme", INCIDENTS) == "old"
    identity.answer = granting(*SCOPES, token="new")
    assert await tokens.get("acme", SUBSCRIPTION) == "new"
    assert await tokens.get("acme", INCIDENTS) == "new"
    assert len(identity.requests) == 2


async def test_a_scope_that_lacks_is_asked_for_every_half_minute_for_each_account(tokens, identity, clock):
    identity.answer = granting("incidents.read")

    async def lacks(account="acme"):
        with pytest.raises(Forbidden):
            await tokens.get(account, SUBSCRIPTION)

    for _ in range(5):
        await lacks()
    assert len(identity.requests) == 2, "the first token, and one look whether it has more by now"
    clock.now += 29.9
    await lacks()
    assert len(identity.requests) == 2
    clock.now += 0.1
    await lacks()
    assert len(identity.requests) == 3
    await lacks("umbrella")
    assert len(identity.requests) == 5
    clock.now += 30
    identity.answer = granting(*SCOPES, token="new")
    assert await tokens.get("acme", SUBSCRIPTION) == "new"


async def test_an_identity_host_that_wants_no_more_calls_hides_the_lack_from_one_of_them_only(
    tokens, identity
):
    identity.answer = granting("incidents.read")
    await tokens.get("acme", INCIDENTS)
    identity.answer = httpx.Response(429)
    with pytest.raises(RateLimited):
        await tokens.get("acme", SUBSCRIPTION)
    for _ in range(3):
        with pytest.raises(Forbidden, match="webhook_subscriptions"):
            await tokens.get("acme", SUBSCRIPTION)
    assert len(identity.requests) == 2


async def test_a_rejected_token_is_replaced_once(tokens, identity):
    identity.answer = granting(*SCOPES, token="old")
    old = await tokens.get("acme", INCIDENTS)
    identity.answer = granting(*SCOPES, token="new")
    assert [await tokens.renew("acme", old, use) for use in (INCIDENTS, SUBSCRIPTION)] == ["new", "new"]
    assert len(identity.requests) == 2


@pytest.mark.parametrize("status", [400, 401])
async def test_wrong_credentials_are_a_rejected_credential(tokens, identity, status):
    identity.answer = httpx.Response(status, json={"error": "invalid_client"})
    with pytest.raises(CredentialRejected):
        await tokens.get("acme", INCIDENTS)


@pytest.mark.parametrize("answer", [httpx.Response(200, json={"scope": "x"}), httpx.Response(503)])
async def test_an_answer_without_a_token_is_an_unavailable_provider(tokens, identity, answer):
    identity.answer = answer
    with pytest.raises(ProviderUnavailable):
        await tokens.get("acme", INCIDENTS)


async def test_a_broken_answer_is_not_quoted(tokens, identity):
    identity.answer = httpx.Response(200, json={"access_token": "pdus+_0abc"})
    with pytest.raises(ProviderUnavailable) as failed:
        await tokens.get("acme", INCIDENTS)
    assert failed.value.__cause__ is None
    assert "pdus" not in str(failed.value)


async def test_an_account_that_is_not_configured_is_a_wrong_request(tokens):
    with pytest.raises(RequestInvalid):
        await tokens.get("other", INCIDENTS)
