"""PagerDuty's API for Microsoft Teams at our address: each of its calls, with each status that it names."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from sandbox.up.servers.postgres import EmbeddedPostgres
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.api.room_programs import RoomProgram, RoomStack, room_stack
from tests.schemas import CHECKOUT, structure
from tests.schemas.exchange import exchange_of
from tests.schemas.ms_teams import UNDER, ms_teams_api
from tests.support.company import TEAM, TENANT
from tests.support.life import ADA
from tests.workflows.incident_room.outside import FakeActivities
from tools.schemas.originals import MS_TEAMS
from workflows.errors import ConsentMissing
from workflows.incident_room.activities import CREATE_CHAT
from workflows.meeting import Hindrance

pytestmark = pytest.mark.anyio

CHAT, MEETING = "dedicated_chat", "meeting"
NEW_CHAT = {
    "mst_tenant_id": TENANT,
    "owner_pd_user_id": ADA.id,
    "chat": {"name": "Fire"},
    "events": "no_updates",
}
NEW_MEETING = {"mst_team_id": TEAM, "meeting": {"name": "Fire"}}
BESIDE = {"202", "413", "422", "429", "500", "502", "503", "504"}
"""Statuses that PagerDuty does not name: docs/api.md does."""
NEVER = {("GET", CHAT, "403")}
"""A token may read whatever its account has."""

Case = Callable[[RoomProgram], Awaitable[httpx.Response]]


@pytest.fixture(scope="module")
async def stack(
    postgres: EmbeddedPostgres,
    migrated: str,
    temporal: EmbeddedTemporal,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[RoomStack]:
    async with room_stack(postgres, migrated, temporal, tmp_path_factory.mktemp("contract")) as stack:
        yield stack


@pytest.fixture
async def program(stack: RoomStack) -> AsyncIterator[RoomProgram]:
    outside = FakeActivities()
    async with stack.program(outside) as program:
        program.http.headers["Content-Type"] = "application/json"
        program.http.headers["Accept"] = "application/vnd.pagerduty+json;version=2"
        yield program


def call(method: str, what: str, body: Any = None, **headers: str) -> Case:
    async def send(program: RoomProgram) -> httpx.Response:
        content = json.dumps(body) if body is not None else None
        return await program.http.request(method, program.path(what), content=content, headers=headers)

    return send


def without_token(method: str, what: str, body: Any = None) -> Case:
    return call(method, what, body, Authorization="Token token=mst_unknown")


async def second_chat(program: RoomProgram) -> httpx.Response:
    await call("POST", CHAT, NEW_CHAT)(program)
    return await call("POST", CHAT, NEW_CHAT)(program)


async def chat_without_consent(program: RoomProgram) -> httpx.Response:
    program.outside.breaks(CREATE_CHAT, ConsentMissing("no consent", code="Chat.Create"))
    return await call("POST", CHAT, NEW_CHAT)(program)


async def found_chat(program: RoomProgram) -> httpx.Response:
    await program.has_chat()
    return await call("GET", CHAT)(program)


async def deleted_chat(program: RoomProgram) -> httpx.Response:
    await call("POST", CHAT, NEW_CHAT)(program)
    await program.has_chat()
    return await call("DELETE", CHAT)(program)


async def deletion_without_consent(program: RoomProgram) -> httpx.Response:
    program.outside.may_delete = False
    return await deleted_chat(program)


async def meeting_without_consent(program: RoomProgram) -> httpx.Response:
    for who in ("PUSER01", "PUSER02", "PUSER03"):
        for way in ("calendar", "meeting"):
            lacks = Hindrance(who="Ada Ops", why="not_granted", permission="Calendars.ReadWrite")
            program.outside.hindered[way, who] = lacks
    return await call("POST", MEETING, NEW_MEETING)(program)


ANSWERS: dict[tuple[str, str, str], Case] = {
    ("POST", CHAT, "201"): call("POST", CHAT, NEW_CHAT),
    ("POST", CHAT, "400"): call("POST", CHAT, {}),
    ("POST", CHAT, "401"): without_token("POST", CHAT, NEW_CHAT),
    ("POST", CHAT, "403"): chat_without_consent,
    ("POST", CHAT, "404"): call("POST", CHAT, {"mst_tenant_id": "nowhere"}),
    ("POST", CHAT, "409"): second_chat,
    ("GET", CHAT, "200"): found_chat,
    ("GET", CHAT, "401"): without_token("GET", CHAT),
    ("GET", CHAT, "404"): call("GET", CHAT),
    ("DELETE", CHAT, "204"): deleted_chat,
    ("DELETE", CHAT, "400"): call("DELETE", CHAT, **{"Idempotency-Key": "k" * 256}),
    ("DELETE", CHAT, "401"): without_token("DELETE", CHAT),
    ("DELETE", CHAT, "403"): deletion_without_consent,
    ("DELETE", CHAT, "404"): call("DELETE", CHAT),
    ("POST", MEETING, "201"): call("POST", MEETING, NEW_MEETING),
    ("POST", MEETING, "401"): without_token("POST", MEETING, NEW_MEETING),
    ("POST", MEETING, "403"): meeting_without_consent,
    ("POST", MEETING, "404"): call("POST", MEETING, {"mst_team_id": "19:nowhere@thread.tacv2"}),
}


def statuses(description: dict[str, Any]) -> set[tuple[str, str, str]]:
    """Method, last part of the path and status of each answer that a description has of these calls."""
    return {
        (method.upper(), path.rpartition("/")[2], status)
        for path, methods in description["paths"].items()
        if path.removeprefix(UNDER).startswith("/incidents/")
        for method, described in methods.items()
        if method in ("get", "post", "delete")
        for status in described["responses"]
    }


def ours() -> dict[str, Any]:
    described: dict[str, Any] = json.loads((CHECKOUT / "docs/api.openapi.json").read_text())
    paths = {path: item for path, item in described["paths"].items() if path.startswith(UNDER)}
    return described | {"paths": paths}


def test_every_status_that_pagerduty_names_is_shown_here() -> None:
    assert ANSWERS.keys() | NEVER == statuses(structure(MS_TEAMS))


def test_our_document_names_pagerdutys_statuses_and_few_more() -> None:
    theirs, named = statuses(structure(MS_TEAMS)), statuses(ours())
    assert theirs - named == NEVER
    more = {status for _, _, status in named - theirs}
    assert more <= BESIDE | {"400"}, "a meeting without its team is one"


@pytest.mark.parametrize("answer", ANSWERS, ids=" ".join)
async def test_an_answer_is_as_pagerduty_describes_it(
    program: RoomProgram, answer: tuple[str, str, str]
) -> None:
    method, _, status = answer
    exchange = exchange_of(await ANSWERS[answer](program), under=UNDER)
    assert (exchange.method, str(exchange.status)) == (method, status), exchange.answer
    if status != "400":
        ms_teams_api().check_request(exchange)
    ms_teams_api().check_answer(exchange)
