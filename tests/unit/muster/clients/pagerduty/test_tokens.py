"""The app's own PagerDuty tokens."""

from urllib.parse import parse_qs

import httpx
import pytest

from muster.clients.http import open_pool
from muster.clients.pagerduty.tokens import SCOPES, app_tokens
from muster.config_file import PagerDutyAccount
from workflows.errors import CredentialRejected, Forbidden, ProviderUnavailable, RequestInvalid

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


@pytest.fixture
async def tokens(identity):
    async with open_pool(transport=httpx.MockTransport(identity.handle)) as pool:
        yield app_tokens(pool, {"acme": ACCOUNT})


async def test_a_token_for_the_account_is_asked_once(tokens, identity):
    assert await tokens.get("acme") == await tokens.get("acme") == "pdus+_0abc"
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


async def test_scopes_that_were_silently_left_out_are_named(tokens, identity):
    identity.answer = httpx.Response(200, json=GRANTED | {"scope": "openid"})
    with pytest.raises(Forbidden, match=r"incidents\.read"):
        await tokens.get("acme")


@pytest.mark.parametrize("status", [400, 401])
async def test_wrong_credentials_are_a_rejected_credential(tokens, identity, status):
    identity.answer = httpx.Response(status, json={"error": "invalid_client"})
    with pytest.raises(CredentialRejected):
        await tokens.get("acme")


@pytest.mark.parametrize("answer", [httpx.Response(200, json={"scope": "x"}), httpx.Response(503)])
async def test_an_answer_without_a_token_is_an_unavailable_provider(tokens, identity, answer):
    identity.answer = answer
    with pytest.raises(ProviderUnavailable):
        await tokens.get("acme")


async def test_a_broken_answer_is_not_quoted(tokens, identity):
    identity.answer = httpx.Response(200, json={"access_token": "pdus+_0abc"})
    with pytest.raises(ProviderUnavailable) as failed:
        await tokens.get("acme")
    assert failed.value.__cause__ is None
    assert "pdus" not in str(failed.value)


async def test_an_account_that_is_not_configured_is_a_wrong_request(tokens):
    with pytest.raises(RequestInvalid):
        await tokens.get("other")
