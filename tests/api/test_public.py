"""The public API beside the edge: who is let in, how often, and what is said to whoever is not."""

import json
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from typing import Any

import pytest
from temporalio.client import Client

from api.public.admission import CALLS_PER_MINUTE
from muster.security.api_tokens import fingerprint_of
from muster.seed import seed
from muster.store import api_tokens
from muster.store.pool import Pool, open_pool
from sandbox.up.servers.postgres import EmbeddedPostgres
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.api.edge import Edge, edge_settings, json_lines, serving_edge
from tests.api.outage import line_to
from tests.api.public import bearer, error_of, given_token
from tests.docs.checkout import REPOSITORY
from tests.support.company import ACCOUNT, TENANT, company

pytestmark = pytest.mark.anyio

DOCUMENT = REPOSITORY / "docs/api.openapi.json"
COMMAND = "MUSTER_OPENAPI_WRITE=1 pytest tests/api/test_public.py -k document"
UNKNOWN = "mst_" + "A" * 43


@pytest.fixture(scope="module")
async def edge(
    postgres: EmbeddedPostgres,
    migrated: str,
    temporal: EmbeddedTemporal,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Edge]:
    """One API for all tests here; each makes tokens of its own."""
    url = postgres.create_database("public", template=migrated)
    settings = edge_settings(url, temporal.address, tmp_path_factory.mktemp("edge"))
    await seed(settings, company())
    async with await open_pool(settings.database) as pool:
        await pool.execute(
            "INSERT INTO pagerduty_account (key, subdomain, region) VALUES ('old', 'old', 'us')"
        )
        async with serving_edge(settings, pool, await Client.connect(temporal.address)) as running:
            yield running
    postgres.drop_database("public")


# Health and tokens


async def test_health_says_that_a_token_works(edge: Edge) -> None:
    headers = bearer(await given_token(edge.pool))
    answer = await edge.http.get("/v1/health", headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "account": ACCOUNT})
    head = await edge.http.head("/v1/health", headers=headers)
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize(
    "form", ["Bearer {}", "bearer {}", "Token token={}", 'Token token="{}"', "token token={}"]
)
async def test_a_token_may_be_written_as_pagerduty_writes_it(edge: Edge, form: str) -> None:
    token = await given_token(edge.pool)
    answer = await edge.http.get("/v1/health", headers={"Authorization": form.format(token)})
    assert answer.status_code == 200


async def revoked(pool: Pool) -> str:
    token = await given_token(pool)
    assert await api_tokens.revoke(pool, fingerprint_of(token).id)
    return token


async def of_an_account_that_is_gone(pool: Pool) -> str:
    return await given_token(pool, account="old")


async def of_another_hash(pool: Pool) -> str:
    """As if a hash began like that of somebody else's."""
    mine, theirs = await given_token(pool), UNKNOWN
    await pool.execute("DELETE FROM api_token WHERE id = $1", fingerprint_of(theirs).id)
    await pool.execute(
        "UPDATE api_token SET id = $2 WHERE id = $1", fingerprint_of(mine).id, fingerprint_of(theirs).id
    )
    return theirs


@pytest.mark.parametrize("token_of", [revoked, of_an_account_that_is_gone, of_another_hash])
async def test_a_token_that_is_not_good_any_more_is_unknown(
    edge: Edge, token_of: Callable[[Pool], Awaitable[str]]
) -> None:
    answer = await edge.http.get("/v1/health", headers=bearer(await token_of(edge.pool)))
    assert error_of(answer) == (401, "this token is unknown or was revoked")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (None, "a token is missing: Authorization: Bearer mst_…"),
        ("", "a token is missing: Authorization: Bearer mst_…"),
        (UNKNOWN, "a token is missing: Authorization: Bearer mst_…"),
        ("Basic YTpi", "a token is missing: Authorization: Bearer mst_…"),
        (f"Bearer {UNKNOWN}", "this token is unknown or was revoked"),
        ("Bearer eyJ.eyJ.x", "this token is unknown or was revoked"),
        ("Token token=y_NbAkKc66ryYTWUXYEu", "this token is unknown or was revoked"),
        ("Bearer mst_\xff" + "A" * 42, "this token is unknown or was revoked"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_nobody_is_let_in_without_a_token(
    edge: Edge, method: str, header: str | None, message: str
) -> None:
    headers = {} if header is None else {b"Authorization": header.encode("latin-1")}
    answer = await edge.http.request(method, "/v1/health", headers=headers)
    assert answer.status_code == 401
    if method == "GET":
        assert error_of(answer) == (401, message)


async def test_a_token_has_its_calls_within_a_minute(edge: Edge) -> None:
    token, others = await given_token(edge.pool), await given_token(edge.pool)
    id = fingerprint_of(token).id
    assert (await edge.http.get("/v1/health", headers=bearer(token))).status_code == 200
    await edge.pool.execute("UPDATE api_token SET calls = $2 WHERE id = $1", id, CALLS_PER_MINUTE - 1)
    assert (await edge.http.get("/v1/health", headers=bearer(token))).status_code == 200, "the last one"

    answer = await edge.http.get("/v1/health", headers=bearer(token))
    assert error_of(answer) == (429, "this token has called more than 120 times within a minute")
    assert 50 <= int(answer.headers["retry-after"]) <= 60
    assert (await edge.http.get("/v1/health", headers=bearer(others))).status_code == 200

    await edge.pool.execute(
        "UPDATE api_token SET minute_began_at = minute_began_at - interval '1 minute' WHERE id = $1", id
    )
    assert (await edge.http.get("/v1/health", headers=bearer(token))).status_code == 200, "a minute later"


# Addresses


@pytest.mark.parametrize("path", ["/v1", "/v1/nothing", "/integration-ms-teams", "/integration-ms-teams/x/y"])
async def test_an_unknown_address_is_answered_as_an_error(edge: Edge, path: str) -> None:
    assert error_of(await edge.http.get(path)) == (404, "there is no such address")


async def test_a_method_that_is_not_there_names_those_that_are(edge: Edge) -> None:
    answer = await edge.http.delete("/v1/health", headers=bearer(await given_token(edge.pool)))
    assert error_of(answer) == (405, "this address does not take this method")
    assert answer.headers["allow"] == "GET, HEAD"


async def test_a_closing_slash_changes_nothing(edge: Edge) -> None:
    answer = await edge.http.get("/v1/health/", headers=bearer(await given_token(edge.pool)))
    assert answer.status_code == 200


async def test_the_edge_keeps_its_addresses(edge: Edge) -> None:
    assert (await edge.http.get("/healthz")).status_code == 200
    for path in ("/v1health", "/v2/health", "/openapi.json", "/docs"):
        answer = await edge.http.get(path)
        assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})


# The document


async def test_the_document_is_current_and_needs_no_token(edge: Edge) -> None:
    served = (await edge.http.get("/v1/openapi.json")).json()
    if os.environ.get("MUSTER_OPENAPI_WRITE"):
        DOCUMENT.write_text(json.dumps(served, indent=2, ensure_ascii=False) + "\n")
    assert json.loads(DOCUMENT.read_text()) == served, f"not current: {COMMAND}"


def operations() -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path, methods in json.loads(DOCUMENT.read_text())["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_the_document_names_the_errors_of_each_call() -> None:
    for name, operation in operations():
        assert name.split()[1].startswith(("/v1/", "/integration-ms-teams/"))
        expected = {"401", "429", "500", "503"} | ({"400", "413"} if "requestBody" in operation else set())
        assert expected <= operation["responses"].keys(), name
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                schema = answer["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/ErrorAnswer"}, (name, status)
        assert operation["security"] == [{"Bearer": []}, {"Token": []}], name


def test_the_document_has_nothing_of_the_framework_and_the_edge() -> None:
    text = DOCUMENT.read_text()
    for word in ("ValidationError", "webhook", "/api/messages", "/oauth"):
        assert word not in text


# Outages and logs


ROOM, OURS = "/integration-ms-teams/incidents/Q1", "/v1/incidents/Q1"
CLICK = {"event": {"event_type": "incident.custom", "data": {"id": "Q1"}}}
CALLS: list[tuple[str, str, Any]] = [
    ("GET", "/v1/health", None),
    ("HEAD", "/v1/health", None),
    ("POST", f"{ROOM}/dedicated_chat", {"mst_tenant_id": TENANT}),
    ("GET", f"{ROOM}/dedicated_chat", None),
    ("DELETE", f"{ROOM}/dedicated_chat", None),
    ("POST", f"{ROOM}/meeting", {"mst_team_id": "19:team@thread.tacv2"}),
    ("POST", f"{OURS}/messages", {"to": {"chat": "dedicated"}, "text": "Hello"}),
    ("PUT", f"{OURS}/conversations/payments-ops", {}),
    ("DELETE", f"{OURS}/conversations/payments-ops", None),
    ("PATCH", f"{OURS}/chat", {"topic": "War room"}),
    ("POST", f"{OURS}/chat/archive", {}),
    ("GET", f"{OURS}/chat/members", None),
    ("POST", f"{OURS}/chat/members", {"members": ["PUSER02"]}),
    ("DELETE", f"{OURS}/chat/members", {"members": ["PUSER02"]}),
    ("GET", "/v1/operations/0123456789abcdef", None),
    ("POST", "/v1/custom-actions/chat", CLICK),
    ("POST", "/v1/custom-actions/meeting", CLICK),
]


def test_these_are_all_calls_of_the_document() -> None:
    paths = json.loads(DOCUMENT.read_text())["paths"]
    there = {(method.upper(), path) for path, item in paths.items() for method in item}
    asked = {(method, _as_written(path)) for method, path, _ in CALLS}
    assert asked == there


def _as_written(path: str) -> str:
    path = path.replace(ROOM, "/integration-ms-teams/incidents/{incident_id}").replace(
        OURS, "/v1/incidents/{incident}"
    )
    path = re.sub(r"/conversations/.*", "/conversations/{conversation}", path)
    return re.sub(r"/operations/.*", "/operations/{operation}", path)


async def test_a_call_is_answered_503_while_postgres_is_away(
    database_url: str, pool: Pool, temporal: EmbeddedTemporal, client: Client, tmp_path: Any
) -> None:
    async with line_to(database_url) as line:
        through = database_url.replace(database_url.rpartition("@")[2].partition("/")[0], line.address)
        settings = edge_settings(through, temporal.address, tmp_path)
        async with serving_edge(settings, pool, client) as edge:
            token = await given_token(pool)
            await line.cut()
            for method, path, body in CALLS:
                answer = await edge.http.request(method, path, json=body, headers=bearer(token))
                assert answer.status_code == 503, path
                assert int(answer.headers["retry-after"]) > 0
                if method != "HEAD":
                    assert error_of(answer) == (503, "Muster cannot do this now, call again")
            await line.mend()
            assert (await edge.http.get("/v1/health", headers=bearer(token))).status_code == 200


async def test_no_log_has_a_token(
    capsys: pytest.CaptureFixture[str],
    database_url: str,
    pool: Pool,
    temporal: EmbeddedTemporal,
    client: Client,
    tmp_path: Any,
) -> None:
    settings = edge_settings(database_url, temporal.address, tmp_path, log_level="DEBUG")
    async with serving_edge(settings, pool, client) as edge:
        token = await given_token(pool)
        for header in (f"Bearer {token}", f"Token token={token}", f"Bearer {UNKNOWN}", token):
            await edge.http.get("/v1/health", headers={"Authorization": header})
        await edge.http.get(f"/v1/{token}")
        for path, methods in json.loads(DOCUMENT.read_text())["paths"].items():
            address = re.sub(r"{\w+}", "Q1", path)
            for method in methods:
                answer = await edge.http.request(method, address, headers=bearer(token), json={"text": token})
                assert answer.status_code not in (401, 405)
    text = capsys.readouterr().err
    (first, *_) = [line for line in json_lines(text) if line["event"] == "API call"]
    assert (first["caller"], first["route"], first["status"]) == (fingerprint_of(token).id, "/v1/health", 200)
    assert token not in text
    assert UNKNOWN not in text
