"""What the public API does around a route: body, errors, end. The routes here are the test's own."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import APIRouter
from pydantic import Field
from temporalio.client import Client

from api.gateway import Gateway
from api.public.app import public_app
from api.public.bodies import LARGEST, PagerDutyBody, StrictBody
from api.public.errors import NOT_IN_TIME, ApiError, errors
from api.public.incidents import Incidents
from api.public.public_api import PublicApi
from api.public.route import AnswerBy, Caller, IncidentId
from api.strangers import Strangers
from muster.clients.http import open_pool as open_http_pool
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.clients.pagerduty.tokens import AppTokens
from muster.seed import seed
from muster.store.pool import open_pool, transaction
from muster.temporal.attempts import TemporalUnavailable
from sandbox.up.servers.ports import free_port
from sandbox.up.servers.postgres import EmbeddedPostgres
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.api.edge import edge_settings, listening
from tests.api.public import EMAIL, bearer, error_of, given_token
from tests.support.company import ACCOUNT, company
from tests.support.connections import async_client

pytestmark = pytest.mark.anyio


class To(StrictBody):
    channel: str


class Message(StrictBody):
    to: To | None = None
    text: str
    urgent: bool = False
    people: list[str] = Field(default_factory=list)


class Chat(PagerDutyBody):
    name: str


class DedicatedChat(PagerDutyBody):
    mst_tenant_id: str
    chat: Chat | None = None


def toy_router(api: PublicApi) -> APIRouter:
    router = api.router()

    @router.post("/v1/messages/{incident}", status_code=201)
    async def post(incident: IncidentId, message: Message, caller: Caller) -> dict[str, Any]:
        return {"incident": incident, "as": caller.pagerduty_email, **message.model_dump(exclude_none=True)}

    @router.delete("/v1/messages/{incident}", responses=errors(409))
    async def delete(incident: IncidentId) -> None:
        raise ApiError(409, f"{incident} is gone already", retry_after=0.2)

    @router.post("/v1/archive")
    async def archive(message: Message | None = None) -> bool:
        return message is not None

    @router.post("/integration-ms-teams/chats", status_code=201)
    async def chats(chat: DedicatedChat) -> dict[str, Any]:
        return chat.model_dump(exclude_none=True)

    @router.get("/v1/fails/{how}")
    async def fails(how: str, answer_by: AnswerBy) -> None:
        match how:
            case "temporal":
                raise TemporalUnavailable("UNAVAILABLE")
            case "broken":
                raise KeyError("a secret detail")
            case _:
                assert answer_by > asyncio.get_running_loop().time()
                await asyncio.sleep(60)

    return router


@pytest.fixture(scope="module")
async def public(
    postgres: EmbeddedPostgres,
    migrated: str,
    temporal: EmbeddedTemporal,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[PublicApi]:
    """What the routes are made of."""
    url = postgres.create_database("public_routes", template=migrated)
    settings = edge_settings(url, temporal.address, tmp_path_factory.mktemp("edge"))
    await seed(settings, company())
    async with await open_pool(settings.database) as pool:
        gateway = Gateway(await Client.connect(temporal.address), task_queue="nobody")
        async with open_http_pool() as http:
            incidents = Incidents(pool, PagerDutyClient(http), AppTokens(http, {}), settings.accounts)
            yield PublicApi(settings, pool, gateway, incidents)
    postgres.drop_database("public_routes")


@asynccontextmanager
async def serving(public: PublicApi) -> AsyncIterator[httpx.AsyncClient]:
    """The application with the routes above, and somebody who calls it."""
    app, port = public_app(public, [toy_router]), free_port()
    async with (
        listening(Strangers(app), port),
        async_client(base_url=f"http://127.0.0.1:{port}", timeout=15) as http,
    ):
        http.headers.update(bearer(await given_token(public.pool)))
        yield http


@pytest.fixture(scope="module")
async def api(public: PublicApi) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(public) as http:
        yield http


GOOD = {"text": "the till is back", "to": {"channel": "19:ops"}}


async def test_a_body_reaches_its_route_with_whoever_calls(api: httpx.AsyncClient) -> None:
    answer = await api.post("/v1/messages/Q1", json=GOOD)
    assert answer.status_code == 201
    assert answer.json() == {"incident": "Q1", "as": EMAIL, "urgent": False, "people": [], **GOOD}


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "nonsense"]
)
async def test_a_body_is_json_whatever_its_content_type_says(
    api: httpx.AsyncClient, content_type: str | None
) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    answer = await api.post("/v1/messages/Q1", content=json.dumps(GOOD), headers=headers)
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "the body: it is missing"),
        ("text=hello", "the body is not JSON"),
        ('{"text": "hel', "the body is not JSON"),
        ("[]", "the body must be a JSON object"),
        ('"text"', "the body must be a JSON object"),
        ("null", "the body must be a JSON object"),
        ("{}", "text: it is missing"),
        ('{"text": 7}', "text: it must be a text"),
        ('{"text": null}', "text: it must be a text"),
        ('{"text": "x", "urgent": "yes"}', "urgent: it must be true or false"),
        ('{"text": "x", "urgent": 1}', "urgent: it must be true or false"),
        ('{"text": "x", "to": "19:ops"}', "to: it must be an object"),
        ('{"text": "x", "to": {"channel": []}}', "to.channel: it must be a text"),
        ('{"text": "x", "to": {"channel": "c", "team": "t"}}', "to.team: there is no such field"),
        ('{"text": "x", "people": "ada"}', "people: it must be a list"),
        ('{"text": "x", "people": ["ada", 7]}', "people.1: it must be a text"),
        ('{"text": "x", "txet": "y"}', "txet: there is no such field"),
        ('{"text": "a\\u0000b"}', "text: it has a character that no database stores"),
        ('{"text": "a\\ud800b"}', "text: it has a character that no database stores"),
        ('{"text": "x", "people": ["\\u0000"]}', "people: it has a character that no database stores"),
        ('{"urgent": 1}', "text: it is missing; urgent: it must be true or false"),
        ('{"text": ' + "[" * 5000 + "]" * 5000 + "}", "text: it must be a text"),
    ],
)
async def test_a_wrong_body_is_refused_by_name(api: httpx.AsyncClient, body: str, message: str) -> None:
    answer = await api.post("/v1/messages/Q1", content=body)
    assert error_of(answer) == (400, message)


async def test_pagerdutys_shape_may_have_fields_that_nobody_knows(api: httpx.AsyncClient) -> None:
    body = {"mst_tenant_id": "t", "new": 1, "chat": {"name": "Checkout", "color": "red"}}
    answer = await api.post("/integration-ms-teams/chats", json=body)
    assert answer.status_code == 201
    assert answer.json() == {"mst_tenant_id": "t", "chat": {"name": "Checkout"}}
    answer = await api.post("/integration-ms-teams/chats", json={"mst_tenant_id": ["t"]})
    assert error_of(answer) == (400, "mst_tenant_id: it must be a text")


@pytest.mark.parametrize("declared", [True, False])
async def test_a_body_that_is_too_large_is_refused_whatever_its_length_says(
    api: httpx.AsyncClient, declared: bool
) -> None:
    body = json.dumps({"text": "x" * LARGEST}).encode()

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 4096):
            yield body[start : start + 4096]

    answer = await api.post("/v1/messages/Q1", content=body if declared else pieces())
    assert error_of(answer) == (413, "the body is larger than 65536 bytes")
    exact = json.dumps({"text": "x" * (LARGEST - len('{"text": ""}'))})
    assert len(exact) == LARGEST
    assert (await api.post("/v1/messages/Q1", content=exact)).status_code == 201


async def test_an_optional_body_may_be_left_out(api: httpx.AsyncClient) -> None:
    assert (await api.post("/v1/archive")).json() is False
    assert (await api.post("/v1/archive", json=GOOD)).json() is True
    assert error_of(await api.post("/v1/archive", content="null"))[0] == 400


async def test_whoever_calls_is_asked_before_the_body_is_read(api: httpx.AsyncClient) -> None:
    answer = await api.post("/v1/messages/Q1", content="{", headers={"Authorization": ""})
    assert error_of(answer)[0] == 401


@pytest.mark.parametrize("incident", ["a%20b", "%00", "x" * 65, "Q%C3%A9", "42"])
async def test_what_is_no_id_is_not_there(api: httpx.AsyncClient, incident: str) -> None:
    answer = await api.post(f"/v1/messages/{incident}", json=GOOD)
    assert error_of(answer) == (404, "there is no such thing: the address has something that is no id")


async def test_a_refusal_of_a_route_is_its_answer(api: httpx.AsyncClient) -> None:
    answer = await api.delete("/v1/messages/Q1")
    assert error_of(answer) == (409, "Q1 is gone already")
    assert answer.headers["retry-after"] == "1"


async def test_every_method_of_an_address_is_named(api: httpx.AsyncClient) -> None:
    answer = await api.put("/v1/messages/Q1", json=GOOD)
    assert error_of(answer)[0] == 405
    assert answer.headers["allow"] == "DELETE, POST"


async def test_temporal_being_away_is_said(api: httpx.AsyncClient) -> None:
    answer = await api.get("/v1/fails/temporal")
    assert error_of(answer) == (503, "Muster cannot do this now, call again")
    assert answer.headers["retry-after"] == "5"


async def test_what_nobody_expected_is_500_without_details(
    api: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = await api.get("/v1/fails/broken")
    assert error_of(answer) == (500, "Muster failed")
    assert "a request failed" in capsys.readouterr().out


async def test_a_route_that_does_not_end_is_ended(public: PublicApi) -> None:
    async with serving(replace(public, answer_within=0.2)) as api:
        answer = await api.get("/v1/fails/never")
    assert error_of(answer) == (503, NOT_IN_TIME)
    assert answer.headers["retry-after"] == "5"
    assert answer.elapsed.total_seconds() < 2


async def test_a_call_is_answered_in_time_while_postgres_hangs(public: PublicApi) -> None:
    async with serving(replace(public, answer_within=0.2)) as api, transaction(public.pool) as connection:
        await connection.execute("LOCK TABLE api_token IN ACCESS EXCLUSIVE MODE")
        answer = await api.delete("/v1/messages/Q1")
    assert error_of(answer)[0] == 503
    assert answer.elapsed.total_seconds() < 2


async def test_the_document_names_what_a_body_can_be_refused_for(api: httpx.AsyncClient) -> None:
    document = (await api.get("/v1/openapi.json")).json()
    answers = document["paths"]["/v1/messages/{incident}"]
    assert answers["post"]["responses"].keys() == {"201", "400", "401", "413", "429", "500", "503"}
    of_delete = {"200", "400", "401", "409", "413", "429", "500", "503"}
    assert answers["delete"]["responses"].keys() == of_delete, "it may have a body that nobody needs"
    assert document["components"]["schemas"]["Message"]["additionalProperties"] is False
    assert ACCOUNT not in json.dumps(document)
