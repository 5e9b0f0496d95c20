"""PagerDuty's REST API: requests, and refusals with PagerDuty's own numbers."""

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from muster.clients.http import open_pool
from muster.clients.pagerduty.rest import PagerDutyClient, is_already_so
from muster.config_file import PagerDutyAccount
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


CODES = {
    **dict.fromkeys((1001, 1002, 1005), Conflict),
    **dict.fromkeys((1003, 1004, 1006, 1007, 1008, 1011, 1012, 1013, 1014, 1015, 1019, 1020), RequestInvalid),
    **dict.fromkeys((1018, 2010, 2018), Forbidden),
    **dict.fromkeys((2001, 2002, 2003, 2014, 2019), RequestInvalid),
    **dict.fromkeys((2100, 5001), NotFound),
    2006: CredentialRejected,
    2016: OutcomeUnknown,
    2020: RateLimited,
}


@pytest.mark.parametrize("status", [400, 409, 422])
@pytest.mark.parametrize(("code", "failure"), CODES.items())
async def test_every_number_of_pagerduty_has_its_class_whatever_the_status(
    client, rest, status, code, failure
):
    rest.answer = httpx.Response(status, json={"error": {"code": code}})
    with pytest.raises(failure):
        await acknowledge(client)


async def test_a_server_that_failed_has_decided_nothing(client, rest):
    rest.answer = httpx.Response(502, json={"error": {"code": 2001, "errors": ["Already Resolved"]}})
    with pytest.raises(OutcomeUnknown):
        await acknowledge(client)


@pytest.mark.parametrize(
    ("body", "code", "says"),
    [
        (
            {"error": {"code": 2001, "message": "Invalid Input Provided", "errors": ["Title is empty"]}},
            "2001",
            "Title is empty",
        ),
        ({"error": {"code": "2001", "errors": ["One", "Two"]}}, "2001", "One; Two"),
        ({"error": {"code": 2001, "errors": "One"}}, "2001", "One"),
        ({"error": {"code": 2001, "errors": [], "message": "Invalid"}}, "2001", "Invalid"),
        ({"error": {"code": 2001, "errors": [{}, None, 7], "message": "Invalid"}}, "2001", "7"),
        ({"error": {"errors": ["a\nb\x00\x1b[31m"]}}, None, "a b[31m"),
        ({"error": "invalid"}, None, "invalid"),
        ({"message": "Too odd"}, None, "Too odd"),
        ({"error": {"code": 2001, "errors": [{"message": "One"}, {"detail": "Two"}]}}, "2001", "One; Two"),
        ({"error": {"code": 2001, "errors": {"base": ["One"], "title": ["Two"]}}}, "2001", "Two"),
        ({"error": {"code": 2001, "errors": {"base": ["One", "Two"]}}}, "2001", "One; Two"),
        ({"error": ["One", "Two"]}, None, "One; Two"),
        ({"error": {"code": {"a": 1}}}, "HTTP 400", None),
        ({"error": {"code": 2001}}, "2001", None),
        ([], "HTTP 400", None),
        ({"error": {"errors": ["é" * 5000]}}, None, "é" * 98 + "…"),
    ],
)
async def test_what_pagerduty_says_of_a_refusal_is_kept_in_one_short_line(client, rest, body, code, says):
    rest.answer = httpx.Response(400, json=body)
    with pytest.raises(RequestInvalid) as refused:
        await acknowledge(client)
    assert (refused.value.code, refused.value.says) == (code, says)


@pytest.mark.parametrize("status", [400, 409, 422])
@pytest.mark.parametrize(
    "error",
    [
        {"code": 1001},
        {"code": "1002"},
        {"code": 2001, "errors": ["Incident Already Resolved"]},
        {"code": 2001, "message": "the incident is already ACKNOWLEDGED"},
        {"errors": ["Cannot do this", "Already been resolved by Ada"]},
    ],
)
async def test_already_is_known_by_number_or_by_words(client, rest, status, error):
    rest.answer = httpx.Response(status, json={"error": error})
    with pytest.raises(Conflict) as refused:
        await acknowledge(client)
    assert is_already_so(refused.value)


async def test_another_conflict_is_not_already_so(client, rest):
    rest.answer = httpx.Response(409, json={"error": {"code": 1005, "errors": ["Was changed"]}})
    with pytest.raises(Conflict) as refused:
        await acknowledge(client)
    assert not is_already_so(refused.value)


@pytest.mark.parametrize(
    "email", ["jörg@acme.example", "ada@acme.example\r\nX-Evil: 1", "🔥@acme.example", "", None, "ada ops"]
)
async def test_an_email_that_no_header_carries_is_left_out(client, rest, email):
    """A person's token tells who acts."""
    changed = await client.change_status(ACCOUNT, "Q1", "acknowledged", token="t0ken", from_email=email)
    assert changed == INCIDENT
    assert "from" not in rest.requests[0].headers


@pytest.mark.parametrize("token", ["t0k\nen", "t0k\r\nX-Evil: 1", "tök", "t0k\x00"])
async def test_a_token_that_no_header_carries_is_refused_before_anything_is_sent(client, rest, token):
    with pytest.raises(RequestInvalid) as refused:
        await client.change_status(ACCOUNT, "Q1", "acknowledged", token=token)
    assert rest.requests == []
    assert refused.value.refusal is None
    assert token not in str(refused.value)


@pytest.mark.parametrize("damage", [b"\\ud83d", b"\xff", b"\x07"])
async def test_an_incident_with_a_bad_character_is_read(client, rest, damage):
    raw = json.dumps({"incident": INCIDENT}).encode().replace(b"slow", b"slow" + damage)
    rest.answer = httpx.Response(200, content=raw)
    assert (await read(client))["title"].startswith("Checkout is slow")


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


async def test_the_time_is_the_one_that_the_identity_host_dates_its_answer_with(client, rest):
    rest.answer = httpx.Response(200, headers={"Date": "Sun, 06 Nov 1994 08:49:37 GMT"}, json={})
    assert await client.get_time(ACCOUNT) == datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)
    (request,) = rest.requests
    assert str(request.url) == (
        "https://identity.pagerduty.com/global/oauth/anonymous/.well-known/openid-configuration"
    )
    assert "authorization" not in request.headers


@pytest.mark.parametrize("date", [None, "yesterday", "Sun, 99 Nov 1994 08:49:37 GMT"])
async def test_a_time_that_is_not_told_is_our_own(client, rest, date):
    rest.answer = httpx.Response(200, headers={"Date": date} if date else {}, json={})
    assert abs(await client.get_time(ACCOUNT) - datetime.now(UTC)) < timedelta(seconds=60)


async def test_a_time_is_not_taken_from_a_host_that_fails(client, rest):
    rest.answer = httpx.Response(503, headers={"Date": "Sun, 06 Nov 1994 08:49:37 GMT"})
    with pytest.raises(ProviderUnavailable):
        await client.get_time(ACCOUNT)


async def test_the_first_users_are_listed_by_their_ids(client, rest):
    rest.answer = httpx.Response(
        200, json={"users": [{"id": "P1"}, {"id": 7}, "?", {"id": ""}, {"id": "P2"}]}
    )
    assert await client.list_user_ids(ACCOUNT, token="t0ken", most=5) == ("P1", "P2")
    (request,) = rest.requests
    assert str(request.url) == "https://api.pagerduty.com/users?limit=5"


async def test_an_answer_without_a_list_of_users_is_none(client, rest):
    rest.answer = httpx.Response(200, json={})
    with pytest.raises(ProviderUnavailable, match="without a list of users"):
        await client.list_user_ids(ACCOUNT, token="t0ken", most=5)


async def test_a_service_is_read_by_its_id(client, rest):
    rest.answer = httpx.Response(200, json={"service": {"id": "PS1", "name": "Checkout"}})
    assert await client.get_service(ACCOUNT, "PS1", token="t0ken") == {"id": "PS1", "name": "Checkout"}
    (request,) = rest.requests
    assert (request.method, str(request.url)) == ("GET", "https://api.pagerduty.com/services/PS1")
    assert request.headers["authorization"] == "Bearer t0ken"


@pytest.mark.parametrize("body", [{}, {"service": "PS1"}, {"service": {"id": "PS2"}}])
async def test_another_service_than_the_one_asked_for_is_no_answer(client, rest, body):
    rest.answer = httpx.Response(200, json=body)
    with pytest.raises(ProviderUnavailable, match="not the service that was asked for"):
        await client.get_service(ACCOUNT, "PS1", token="t0ken")


async def test_members_of_a_team_are_listed_a_hundred_at_a_time(client, rest):
    page = {"members": [{"user": {"id": "P1"}, "role": "manager"}], "more": True}
    rest.answer = httpx.Response(200, json=page)
    assert await client.list_team_members(ACCOUNT, "PT1", token="t0ken", offset=100) == page
    (request,) = rest.requests
    assert str(request.url) == "https://api.pagerduty.com/teams/PT1/members?limit=100&offset=100"


@pytest.mark.parametrize("body", [{}, {"members": None}, {"members": {"P1": "manager"}}])
async def test_an_answer_without_a_list_of_members_is_none(client, rest, body):
    rest.answer = httpx.Response(200, json=body)
    with pytest.raises(ProviderUnavailable, match="without a list of members"):
        await client.list_team_members(ACCOUNT, "PT1", token="t0ken")


def list_open(client):
    return client.list_open_incidents(ACCOUNT, "PSVC001", token="t0ken", most=50, offset=100)


async def test_open_incidents_are_asked_for_without_an_end_to_the_past_and_the_newest_first(client, rest):
    rest.answer = httpx.Response(200, json={"incidents": [], "more": False})
    assert await list_open(client) == ((), False)
    (request,) = rest.requests
    assert request.url.params.multi_items() == [
        ("statuses[]", "triggered"),
        ("statuses[]", "acknowledged"),
        ("service_ids[]", "PSVC001"),
        ("date_range", "all"),
        ("limit", "50"),
        ("offset", "100"),
        ("sort_by", "created_at:desc"),
    ]


async def test_what_cannot_be_read_or_is_not_open_is_no_open_incident(client, rest):
    rows = [
        {"id": "Q2", "status": "acknowledged"},
        {"id": "Q1", "status": "resolved"},
        {"id": 7, "status": "triggered"},
        "Q0",
        {"status": "triggered"},
        {"id": "Q3", "status": "triggered"},
    ]
    rest.answer = httpx.Response(200, json={"incidents": rows, "more": True})
    assert await list_open(client) == (("Q2", "Q3"), True)


async def test_an_answer_without_a_list_of_incidents_is_worth_another_attempt(client, rest):
    rest.answer = httpx.Response(200, json={"incidents": None})
    with pytest.raises(ProviderUnavailable, match="without a list of incidents"):
        await list_open(client)
