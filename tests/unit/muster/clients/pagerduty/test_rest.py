"""PagerDuty's REST API: requests, and refusals with PagerDuty's own numbers."""

import json

import httpx
import pytest

from muster.clients.http import open_pool
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.settings import PagerDutyAccount
from workflows.errors import (
    Conflict,
    CredentialRejected,
    Forbidden,
    NotFound,
    OutcomeUnknown,
    ProviderUnavailable,
    RateLimited,
    RequestInvalid,
)

pytestmark = pytest.mark.anyio

ACCOUNT = PagerDutyAccount.model_validate(
    {"subdomain": "acme", "client_id": "id", "client_secret": "not used here"}
)
INCIDENT = {"id": "Q1", "status": "acknowledged", "title": "Checkout is slow"}


class Rest:
    """PagerDuty's side: records requests and gives one answer."""

    def __init__(self):
        self.requests = []
        self.answer = httpx.Response(200, json={"incident": INCIDENT})

    def handle(self, request):
        self.requests.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def rest():
    return Rest()


@pytest.fixture
async def client(rest):
    async with open_pool(transport=httpx.MockTransport(rest.handle)) as pool:
        yield PagerDutyClient(pool)


def read(client):
    return client.get_incident(ACCOUNT, "Q1", token="t0ken")


def acknowledge(client):
    return client.change_status(ACCOUNT, "Q1", "acknowledged", token="t0ken", from_email="ada@acme.example")


async def test_an_incident_is_read_with_everything_included(client, rest):
    assert await read(client) == INCIDENT
    (request,) = rest.requests
    assert (request.method, request.url.host, request.url.path) == (
        "GET",
        "api.pagerduty.com",
        "/incidents/Q1",
    )
    assert set(request.url.params.get_list("include[]")) == {
        "acknowledgers", "assignees", "conference_bridge", "custom_fields", "escalation_policies",
        "first_trigger_log_entries", "priorities", "services", "teams", "users",
    }  # fmt: skip
    assert request.headers["accept"] == "application/vnd.pagerduty+json;version=2"
    assert request.headers["authorization"] == "Bearer t0ken"


async def test_a_status_is_changed_as_the_person(client, rest):
    assert await acknowledge(client) == INCIDENT
    (request,) = rest.requests
    assert (request.method, request.url.path) == ("PUT", "/incidents/Q1")
    assert request.headers["from"] == "ada@acme.example"
    assert json.loads(request.content) == {
        "incident": {"type": "incident_reference", "status": "acknowledged"}
    }


async def test_an_european_account_is_asked_in_europe(client, rest):
    europe = ACCOUNT.model_copy(update={"api_url": "https://api.eu.pagerduty.com"})
    await client.get_incident(europe, "Q1", token="t0ken")
    assert rest.requests[0].url.host == "api.eu.pagerduty.com"


@pytest.mark.parametrize(
    ("status", "code", "failure"),
    [
        (400, 1001, Conflict),
        (400, 1002, Conflict),
        (409, 1005, Conflict),
        (400, 1008, RequestInvalid),
        (400, 2001, RequestInvalid),
        (401, 2006, CredentialRejected),
        (402, 2014, RequestInvalid),
        (403, 2010, Forbidden),
        (404, 2100, NotFound),
        (429, 2020, RateLimited),
        (500, None, OutcomeUnknown),
    ],
)
async def test_a_refusal_is_typed_and_keeps_the_number(client, rest, status, code, failure):
    rest.answer = httpx.Response(status, json={"error": {"code": code, "message": "…"}})
    with pytest.raises(failure) as refused:
        await acknowledge(client)
    assert refused.value.code == (None if code is None else str(code))


async def test_a_rate_limit_says_when_it_is_over(client, rest):
    rest.answer = httpx.Response(429, headers={"ratelimit-reset": "21"}, json={"error": {"code": 2020}})
    with pytest.raises(RateLimited) as refused:
        await read(client)
    assert refused.value.retry_after == 21


@pytest.mark.parametrize(
    "answer",
    [
        httpx.ReadTimeout("slow"),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={"incident": None}),
        httpx.Response(200, json={"incident": INCIDENT | {"id": "Q2"}}),
        httpx.Response(200, json={"incident": INCIDENT | {"status": "asleep"}}),
    ],
)
async def test_without_a_trustworthy_answer_a_change_is_unknown_and_a_read_just_failed(client, rest, answer):
    rest.answer = answer
    with pytest.raises(OutcomeUnknown):
        await acknowledge(client)
    with pytest.raises(ProviderUnavailable):
        await read(client)
