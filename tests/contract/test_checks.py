"""The checks of exchanges and cards can fail: each fault here is one that they must find."""

import json
from dataclasses import replace
from typing import Any

import jsonschema_rs
import pytest

from tests.schemas.api import NotAsDescribed
from tests.schemas.cards import check_card
from tests.schemas.connector import connector_api
from tests.schemas.exchange import Exchange
from tests.schemas.pagerduty import rest_api

JSON = {"content-type": "application/json"}
LIMIT = {"ratelimit-limit": "960", "ratelimit-remaining": "959", "ratelimit-reset": "60"}
SENDER = {"from": "ada@acme.example", "accept": "application/vnd.pagerduty+json;version=2"}
ERROR = {"error": {"message": "Incident Already Resolved", "code": 1001, "errors": []}}


def content(body: Any) -> bytes:
    return json.dumps(body).encode()


ACKNOWLEDGE = Exchange(
    method="PUT",
    path="/incidents/Q1",
    query=(),
    headers={**JSON, **SENDER},
    body=content({"incident": {"type": "incident_reference", "status": "acknowledged"}}),
    status=400,  # which the schema does not have for this call
    answer_headers={**JSON, **LIMIT},
    answer=content(ERROR),
)
READ = replace(
    ACKNOWLEDGE,
    method="GET",
    query=(("include[]", "users"), ("include[]", "teams")),
    body=b"",
    status=404,
)
LIST = replace(READ, path="/incidents", query=(("limit", "25"), ("sort_by", "created_at:asc,urgency")))
ABILITIES = replace(READ, path="/abilities", query=(), status=200, answer=content({"abilities": ["teams"]}))
PING = replace(READ, method="POST", path="/webhook_subscriptions/P1/ping", query=(), status=202, answer=b"")
POST = Exchange(
    method="POST",
    path="/v3/conversations/19%3Aops%40thread.tacv2/activities",
    query=(),
    headers=JSON,
    body=content({"type": "message", "text": "hello"}),
    status=201,
    answer_headers=JSON,
    answer=content({"id": "1700000000001"}),
)
OPEN = replace(
    POST, path="/v3/conversations", body=content({"bot": {"id": "28:a"}, "members": [{"id": "29:b"}]})
)


def without(headers: Any, name: str) -> dict[str, str]:
    return {key: value for key, value in headers.items() if key != name}


def test_what_is_right_passes() -> None:
    for request in (ACKNOWLEDGE, READ, LIST):
        rest_api().check_request(request)
    for answer in (ACKNOWLEDGE, READ, ABILITIES, PING):
        rest_api().check_answer(answer)
    for exchange in (POST, OPEN):
        connector_api().check_request(exchange)
        connector_api().check_answer(exchange)


@pytest.mark.parametrize(
    "wrong",
    [
        replace(ACKNOWLEDGE, path="/incident/Q1"),
        replace(ACKNOWLEDGE, method="POST"),
        replace(ACKNOWLEDGE, body=content({"incident": {"type": "incident", "status": "asleep"}})),
        replace(ACKNOWLEDGE, body=content({"incident": {"status": "resolved"}})),
        replace(ACKNOWLEDGE, headers=without(ACKNOWLEDGE.headers, "from")),
        replace(ACKNOWLEDGE, headers={**ACKNOWLEDGE.headers, "from": "Ada"}),
        replace(ACKNOWLEDGE, headers=without(ACKNOWLEDGE.headers, "accept")),
        replace(ACKNOWLEDGE, headers={**ACKNOWLEDGE.headers, "content-type": "text/plain"}),
        replace(ACKNOWLEDGE, query=(("force", "1"),)),
        replace(READ, body=b"{}"),
        replace(READ, query=(("include[]", "everything"),)),
        replace(READ, query=(("include", "users"),)),
        replace(LIST, query=(("limit", "many"),)),
        replace(LIST, query=(("sort_by", "created_at,urgency,resolved_at"),)),
    ],
)
def test_a_wrong_request_to_pagerduty_is_noticed(wrong: Exchange) -> None:
    with pytest.raises(NotAsDescribed):
        rest_api().check_request(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        replace(ABILITIES, answer=content({"abilities": "teams"})),
        replace(ABILITIES, answer=b""),
        replace(ABILITIES, status=201),
        replace(ABILITIES, answer_headers={**LIMIT, "content-type": "text/html"}),
        replace(ABILITIES, answer_headers=JSON),
        replace(ABILITIES, answer_headers={**JSON, **LIMIT, "ratelimit-reset": "61"}),
        replace(ACKNOWLEDGE, status=418),
        replace(ACKNOWLEDGE, status=429),
        replace(ACKNOWLEDGE, answer=content({"error": {"message": "x", "code": "1001", "errors": []}})),
        replace(ACKNOWLEDGE, answer=content({"detail": "Bad Request"})),
        replace(PING, answer=b"null"),
    ],
)
def test_a_wrong_answer_of_pagerduty_is_noticed(wrong: Exchange) -> None:
    with pytest.raises(NotAsDescribed):
        rest_api().check_answer(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        replace(POST, path="/v3/conversations/19:ops/messages"),
        replace(POST, path="/v3/conversations/19:ops/a/activities"),
        replace(POST, method="PATCH"),
        replace(POST, body=b""),
        replace(POST, headers={}),
        replace(POST, body=content({"type": "message", "text": 1})),
        replace(POST, body=content({"type": "message", "textformat": "markdown"})),
        replace(POST, body=content({"type": "message", "attachments": [{"contenttype": "x"}]})),
        replace(POST, query=(("replyToId", "1"),)),
        replace(OPEN, body=content({"members": [{"aad": "b"}]})),
        replace(OPEN, body=content({"isGroup": "no"})),
    ],
)
def test_a_wrong_request_to_the_connector_is_noticed(wrong: Exchange) -> None:
    with pytest.raises(NotAsDescribed):
        connector_api().check_request(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        replace(POST, answer=content({"id": 1})),
        replace(POST, answer=content([])),
        replace(POST, answer_headers={}),
        replace(POST, status=404, answer=content({"error": {"code": 404}})),
    ],
)
def test_a_wrong_answer_of_the_connector_is_noticed(wrong: Exchange) -> None:
    with pytest.raises(NotAsDescribed):
        connector_api().check_answer(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlok", "text": "x"}]},
        {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlock", "txt": "x"}]},
        {"type": "AdaptiveCard", "version": "1.5", "body": [], "msTeams": {}},
        {"type": "AdaptiveCard", "version": 1.5, "body": []},
    ],
)
def test_a_wrong_card_is_noticed(wrong: dict[str, Any]) -> None:
    with pytest.raises(jsonschema_rs.ValidationError):
        check_card(wrong)
