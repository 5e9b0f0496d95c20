"""Microsoft Graph: what a token tells, how a tenant is named, and refusals."""

from dataclasses import replace

import httpx
import jwt
import pytest

from muster.clients.graph.client import GraphClient
from muster.clients.graph.roles import roles_of
from muster.clients.http import open_pool
from muster.clients.teams.clouds import CLOUDS
from workflows.errors import (
    ConsentMissing,
    CredentialRejected,
    Forbidden,
    NotFound,
    ProviderUnavailable,
    RateLimited,
    RequestInvalid,
)

pytestmark = pytest.mark.anyio

KEY = "k" * 32
TENANT = "tenant"


def token(**claims):
    return jwt.encode(claims, KEY)


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        (token(roles=["Chat.Create", "User.Read.All"]), {"Chat.Create", "User.Read.All"}),
        (token(aud="https://graph.microsoft.com"), frozenset()),
        (token(roles=[]), frozenset()),
        (token(roles=["Chat.Create", 1, None]), {"Chat.Create"}),
        (token(roles=["Chat.Create"], exp=1, nbf=9_999_999_999, aud="other", iss="other"), {"Chat.Create"}),
        (token(roles="Chat.Create"), None),
        ("opaque", None),
        ("", None),
        ("a.b.c", None),
        (token(roles=["Chat.Create"]).rpartition(".")[0], None),
        (jwt.encode({"roles": ["Chat.Create"]}, "", algorithm="none"), {"Chat.Create"}),
    ],
)
def test_roles_are_what_the_token_carries_and_unknown_where_it_cannot_be_read(text, roles):
    assert roles_of(text) == roles


class Graph:
    """Graph's side: records requests and gives one answer; each token is another one."""

    def __init__(self):
        self.requests = []
        self.tokens = 0
        self.answer = httpx.Response(200, json={"value": [{"displayName": " Acme\nInc. "}]})

    def handle(self, request):
        self.requests.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def fresh(self, tenant):
        self.tokens += 1
        return f"token-{self.tokens}"


@pytest.fixture
def graph():
    return Graph()


@pytest.fixture
async def client(graph):
    cloud = replace(CLOUDS["public"], graph="https://graph.example/")
    async with open_pool(transport=httpx.MockTransport(graph.handle)) as pool:
        yield GraphClient(pool, graph.fresh, {TENANT: cloud})


async def test_the_tenants_name_is_asked_for_with_a_token_of_its_own(client, graph):
    assert await client.organization_name(TENANT) == "Acme Inc."
    (request,) = graph.requests
    assert str(request.url) == "https://graph.example/v1.0/organization?$select=id,displayName"
    assert request.headers["Authorization"] == "Bearer token-1"


@pytest.mark.parametrize("value", [[], [{}], [{"displayName": None}], ["Acme"]])
async def test_a_tenant_that_does_not_say_its_name_has_none(client, graph, value):
    graph.answer = httpx.Response(200, json={"value": value})
    assert await client.organization_name(TENANT) == ""


@pytest.mark.parametrize("body", ["{}", '{"value": 1}', "no json", "[]"])
async def test_an_answer_of_another_form_breaks_the_contract(client, graph, body):
    graph.answer = httpx.Response(200, text=body)
    with pytest.raises(ProviderUnavailable):
        await client.organization_name(TENANT)


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (403, "Authorization_RequestDenied", ConsentMissing),
        (403, "AccessDenied", Forbidden),
        (401, "InvalidAuthenticationToken", CredentialRejected),
        (429, "TooManyRequests", RateLimited),
        (500, "generalException", ProviderUnavailable),
        (400, "BadRequest", RequestInvalid),
    ],
)
async def test_a_refusal_is_the_error_of_its_kind(client, graph, status, code, error):
    graph.answer = httpx.Response(status, json={"error": {"code": code, "message": "no"}})
    with pytest.raises(error):
        await client.organization_name(TENANT)


@pytest.mark.parametrize("body", ["no json", '{"error": "text"}', "{}"])
async def test_a_refusal_in_another_form_is_told_by_its_status(client, graph, body):
    graph.answer = httpx.Response(403, text=body)
    with pytest.raises(Forbidden):
        await client.organization_name(TENANT)


async def test_a_tenant_without_a_registration_is_not_asked(client, graph):
    with pytest.raises(RequestInvalid):
        await client.organization_name("other")
    assert graph.requests == []


# People

PERSON = "0A9F6F2C-0000-4000-8000-000000000007"


async def test_a_person_of_the_directory_is_found_by_the_token_that_is_given(client, graph):
    graph.answer = httpx.Response(200, json={"id": PERSON.lower()})
    await client.get_user(TENANT, PERSON, token=await client.token(TENANT))
    (request,) = graph.requests
    assert str(request.url) == f"https://graph.example/v1.0/users/{PERSON}?$select=id"
    assert request.headers["authorization"] == "Bearer token-1"
    assert graph.tokens == 1


@pytest.mark.parametrize(
    ("status", "code", "failure"),
    [
        (404, "Request_ResourceNotFound", NotFound),
        (403, "Authorization_RequestDenied", ConsentMissing),
        (403, "Forbidden", Forbidden),
        (401, "InvalidAuthenticationToken", CredentialRejected),
        (429, "TooManyRequests", RateLimited),
        (503, "Request_ResourceNotFound", ProviderUnavailable),
    ],
)
async def test_each_refusal_of_a_person_has_its_own_error(client, graph, status, code, failure):
    graph.answer = httpx.Response(status, json={"error": {"code": code, "message": "no"}})
    with pytest.raises(failure) as raised:
        await client.get_user(TENANT, PERSON, token="t")
    assert type(raised.value) is failure
    assert raised.value.code == code


@pytest.mark.parametrize("body", [{}, {"id": "somebody else"}, {"id": None}])
async def test_another_person_than_the_one_that_was_asked_for_is_no_answer(client, graph, body):
    graph.answer = httpx.Response(200, json=body)
    with pytest.raises(ProviderUnavailable, match="not the person"):
        await client.get_user(TENANT, PERSON, token="t")


async def test_a_person_is_asked_for_whatever_their_id_is(client, graph):
    graph.answer = httpx.Response(200, json={"id": "a/b?c"})
    await client.get_user(TENANT, "a/b?c", token="t")
    assert graph.requests[0].url.raw_path == b"/v1.0/users/a%2Fb%3Fc?$select=id"


async def test_a_tenant_without_a_registration_has_no_token(client):
    with pytest.raises(RequestInvalid):
        await client.token("other")


async def test_whose_directory_it_is_is_what_it_says(client, graph):
    graph.answer = httpx.Response(200, json={"value": [{"id": "ABC"}, "?"]})
    assert await client.organization_ids(TENANT) == {"abc"}
