"""Messages of programs: each call has one effect and one answer, whatever ends between any two steps."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.worker import Worker

from activities.operations import OperationActivities
from activities.registration import registered
from activities.teams.messages import MessageActivities
from activities.teams.sends import Sends
from api.public.app import public_app
from api.public.idempotency import Call
from api.public.public_api import PublicApi
from api.strangers import Strangers
from muster.clients.http import open_pool as open_http_pool
from muster.private_sends import PrivateSends
from muster.seed import Seed, seed
from muster.settings import Settings
from muster.store import message_places, operations
from muster.store.database_address import Host
from muster.store.operations import Asked
from muster.store.pool import Pool, open_pool
from sandbox.up.addresses import Addresses
from sandbox.up.product import seed as rows_of
from sandbox.up.servers.ports import free_port
from sandbox.up.servers.postgres import EmbeddedPostgres
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.api.edge import listening
from tests.api.outage import Line, cut_known, line_to
from tests.api.public import SOON, bearer, error_of, given_token
from tests.api.public_stack import api_of, settings_of
from tests.support.connections import async_client
from tests.support.pagerduty_account import ADA_USER, COMPANY, SimulatedAccount, running_account
from tests.support.refused_sends import KeptRefusedSends
from tests.support.teams_service import TeamsService, teams_service
from tests.support.temporal import LETS_END, client_of
from tests.support.waiting import eventually
from worker import workflow_runner
from workflows.operation.state import OperationKey
from workflows.operation.workflow import OperationWorkflow

pytestmark = pytest.mark.anyio

OPS = {"channel": "payments-ops"}
ANOTHER_ACCOUNT = (
    "INSERT INTO pagerduty_account (key, subdomain, region) VALUES ('globex', 'g', 'us') "
    "ON CONFLICT DO NOTHING"
)


@dataclass
class Program:
    """Calls the API with a token of its own, about an incident of its own."""

    http: httpx.AsyncClient
    api: PublicApi
    teams: TeamsService
    headers: dict[str, str]
    incident: str = field(default_factory=lambda: f"Q{uuid.uuid4().hex[:13].upper()}")

    @property
    def path(self) -> str:
        return f"/v1/incidents/{self.incident}/messages"

    async def says(self, text: str, to: Any = None, *, key: str | None = None) -> httpx.Response:
        return await self.posts({"to": to or OPS, "text": text}, key=key)

    async def posts(self, body: Any, *, key: str | None = None) -> httpx.Response:
        headers = self.headers if key is None else self.headers | {"Idempotency-Key": key}
        return await self.http.post(self.path, json=body, headers=headers)

    async def operation(self, id: str) -> httpx.Response:
        return await self.http.get(f"/v1/operations/{id}", headers=self.headers)

    async def heard(self, text: str) -> int:
        """How often the channel was told this."""
        messages = await self.teams.messages()
        return sum(m["versions"][0]["activity"]["text"].endswith(f":\n{text}") for m in messages)

    async def is_shown(self) -> None:
        """The incident has a row."""
        await self.api.pool.execute(
            "INSERT INTO incident_card (account, incident_id, conversation) VALUES ('acme', $1, $2)",
            *(self.incident, self.teams.channel),
        )

    async def rows(self) -> int:
        return int(await self.api.pool.fetchval("SELECT count(*) FROM operation"))


@dataclass
class Stack:
    """One API with its worker between the simulators, for all tests here."""

    api: PublicApi
    client: Client
    teams: TeamsService
    pagerduty: SimulatedAccount
    http: httpx.AsyncClient

    @asynccontextmanager
    async def program(self, api: PublicApi | None = None, **more: Any) -> AsyncIterator[Program]:
        """A program, and the API that it calls: by default the stack's."""
        served, port = api or self.api, free_port()
        async with (
            listening(Strangers(public_app(served)), port),
            async_client(base_url=f"http://127.0.0.1:{port}", timeout=15) as http,
        ):
            program = Program(http, served, self.teams, bearer(await given_token(self.api.pool)), **more)
            await program.is_shown()
            yield program

    @asynccontextmanager
    async def reaching(self, settings: Settings, pool: Pool) -> AsyncIterator[Program]:
        """A program whose API reaches its servers by these, and a worker that reaches them anyway."""
        await self.teams.reset()
        async with (
            api_of(settings, pool, self.http) as api,
            self.working(),
            self.program(api) as program,
        ):
            yield program

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """A worker that sends what the API's operations say."""
        pool = self.api.pool
        connector = self.teams.connector(self.http, self.teams.tokens())
        sends = Sends()
        messages = MessageActivities(
            connector, PrivateSends(connector, pool), pool, sends, KeptRefusedSends()
        )
        async with Worker(
            self.client,
            task_queue=self.api.settings.task_queue,
            workflows=[OperationWorkflow],
            activities=registered(messages, OperationActivities(pool)),
            workflow_runner=workflow_runner(sandboxed=True),
            graceful_shutdown_timeout=LETS_END,
        ):
            yield
        sends.stop(within=LETS_END)
        await sends.finish()


@pytest.fixture(scope="module")
async def stack(
    postgres: EmbeddedPostgres,
    migrated: str,
    temporal: EmbeddedTemporal,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Stack]:
    folder = tmp_path_factory.mktemp("messages")
    url = postgres.create_database("messages", template=migrated)
    async with (
        teams_service(COMPANY, folder) as teams,
        running_account() as pagerduty,
        open_http_pool() as http,
    ):
        settings = settings_of(url, temporal.address, pagerduty, folder)
        await seed(settings, Seed.model_validate(rows_of(COMPANY, Addresses.pick(), {})))
        async with await open_pool(settings.database) as pool, api_of(settings, pool, http) as api:
            await pool.execute("UPDATE conversation SET service_url = $1", teams.service_url)
            await pool.execute("UPDATE team SET service_url = $1", teams.service_url)
            yield Stack(api, await client_of(temporal), teams, pagerduty, http)
    postgres.drop_database("messages")


@pytest.fixture
async def program(stack: Stack) -> AsyncIterator[Program]:
    """A program whose messages a worker sends."""
    await stack.teams.reset()
    async with stack.working(), stack.program() as program:
        yield program


@pytest.fixture
async def unheard(stack: Stack) -> AsyncIterator[Program]:
    """A program for which no worker works, so that it is soon answered 202."""
    await stack.teams.reset()
    async with stack.program(replace(stack.api, answer_within=SOON)) as program:
        yield program


# What a message is


async def test_a_message_is_sent_and_its_operation_says_so(program: Program) -> None:
    answer = await program.says("Deploy 7 is out")
    assert answer.status_code == 201
    told = answer.json()
    assert told == {
        "id": told["id"],
        "state": "done",
        "result": "Success",
        "result_summary": "Message sent to Payments/#ops",
        "error": None,
        "url": told["url"],
    }
    assert told["url"].startswith("https://teams.microsoft.com/l/message/")
    assert (await program.operation(told["id"])).json() == told
    assert await program.heard("Deploy 7 is out") == 1


async def test_markup_in_it_is_shown_as_text(program: Program) -> None:
    text = "<b>Deploy</b> **7** [notes](https://example.com) <at>Ada</at> &amp; more"
    assert (await program.says(text)).status_code == 201
    (sent,) = [m["versions"][0]["activity"] for m in await program.teams.messages()]
    assert (sent["text"], sent["textFormat"]) == (f"Ada Ops through PagerDuty workflows:\n{text}", "plain")


async def test_a_person_is_told_alone(program: Program) -> None:
    answer = await program.says("Only you", {"person": ADA_USER})
    assert (answer.status_code, answer.json()["result_summary"]) == (201, "Message sent to Ada Ops")
    assert await program.heard("Only you") == 0


@pytest.mark.parametrize(
    ("to", "message"),
    [
        ({"channel": "nowhere"}, "there is no such channel, or Muster is not in it"),
        ({"chat": "dedicated"}, "there is no such chat, or Muster is not in it"),
        (
            {"person": "nobody@acme.example"},
            "nobody with this e-mail or PagerDuty user id has linked their accounts",
        ),
    ],
)
async def test_a_place_that_is_not_there_is_not_found(
    program: Program, to: dict[str, str], message: str
) -> None:
    before = await program.rows()
    assert error_of(await program.says("Hello", to)) == (404, message)
    assert await program.rows() == before, "nothing is left of it"


async def test_the_incidents_own_chat_is_waited_for_where_it_was_made_a_moment_ago(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bot comes after the chat: a step of a workflow may be between the two."""
    has_waited, is_being_entered = asyncio.Event(), message_places.is_being_entered

    async def noted(*args: Any, **names: Any) -> bool:
        has_waited.set()
        return await is_being_entered(*args, **names)

    monkeypatch.setattr(message_places, "is_being_entered", noted)
    pool, chat = program.api.pool, f"19:{program.incident}@thread.v2"
    await pool.execute(
        "INSERT INTO incident_room (account, incident_id, tenant, stage, topic, chat, began_at) "
        "VALUES ('acme', $1, $2, 'made', 'Incident #42', $3, now())",
        *(program.incident, COMPANY.tenant_id, chat),
    )
    saying = asyncio.create_task(program.says("First", {"chat": "dedicated"}))
    await has_waited.wait()
    await pool.execute(
        "INSERT INTO conversation (id, kind, tenant, account, key, name, service_url) "
        "VALUES ($1, 'group', $2, 'acme', 'chat-42', 'Incident #42', $3)",
        *(chat, COMPANY.tenant_id, program.teams.service_url),
    )
    answer = await saying
    assert "there is no such chat" not in answer.text


async def test_a_chat_that_the_bot_never_came_to_is_not_found(program: Program) -> None:
    await program.api.pool.execute(
        "INSERT INTO incident_room (account, incident_id, tenant, stage, topic, chat, began_at) "
        "VALUES ('acme', $1, $2, 'made', 'Incident #42', $3, now() - interval '2 minutes')",
        *(program.incident, COMPANY.tenant_id, f"19:{program.incident}@thread.v2"),
    )
    answer = await program.says("First", {"chat": "dedicated"})
    assert error_of(answer) == (404, "there is no such chat, or Muster is not in it")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"text": "a"}, "to: it is missing"),
        ({"to": {}, "text": "a"}, "to: name one of channel, chat and person"),
        ({"to": OPS | {"person": "a"}, "text": "a"}, "to: name one of channel, chat and person"),
        ({"to": OPS | {"mood": "a"}, "text": "a"}, "to.mood: there is no such field"),
        ({"to": "payments-ops", "text": "a"}, "to: it must be an object"),
        ({"to": OPS}, "text: it is missing"),
        ({"to": OPS, "text": 7}, "text: it must be a text"),
        ({"to": OPS, "text": ""}, "text: nothing of it can be seen"),
        ({"to": OPS, "text": " \n\u200b"}, "text: nothing of it can be seen"),
        ({"to": OPS, "text": "a" * 8001}, "text: String should have at most 8000 characters"),
    ],
)
async def test_a_bad_body_is_refused_by_name(unheard: Program, body: Any, message: str) -> None:
    assert error_of(await unheard.posts(body)) == (400, message)


async def test_an_incident_that_pagerduty_does_not_know_is_not_found(program: Program) -> None:
    unknown = replace(program, incident="QNOSUCH")
    assert error_of(await unknown.says("Hello")) == (404, "there is no such incident")


async def test_an_incident_that_another_account_knows_is_not_found(program: Program) -> None:
    pool, theirs = program.api.pool, f"Q{uuid.uuid4().hex[:13].upper()}"
    await pool.execute(ANOTHER_ACCOUNT)
    await pool.execute(
        "INSERT INTO incident_card (account, incident_id, conversation) VALUES ('globex', $1, $2)",
        *(theirs, program.teams.channel),
    )
    answer = await replace(program, incident=theirs).says("Theirs")
    assert error_of(answer) == (404, "there is no such incident")
    assert await program.heard("Theirs") == 0


async def test_an_incident_that_pagerduty_alone_knows_is_found(program: Program, stack: Stack) -> None:
    known = replace(program, incident=str((await stack.pagerduty.trigger())["id"]))
    assert (await known.says("Nobody saw it yet")).status_code == 201


# The same call again


async def test_the_same_key_gets_the_same_answer_and_no_second_message(program: Program) -> None:
    first = await program.says("Once", key="deploy-7")
    again = await program.says("Once", key="deploy-7")
    assert first.status_code == 201
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["content-type"] == "application/json"
    assert await program.heard("Once") == 1


async def test_of_two_at_once_with_one_key_both_get_the_same_answer(program: Program) -> None:
    answers = await asyncio.gather(*(program.says("Together", key="k") for _ in range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert await program.heard("Together") == 1


async def test_the_same_key_with_another_body_is_refused(program: Program) -> None:
    await program.says("Once", key="k")
    refused = await program.says("Twice", key="k")
    assert error_of(refused) == (422, "this Idempotency-Key was used for another body")
    assert await program.heard("Twice") == 0


async def test_a_body_that_says_the_same_is_the_same(program: Program) -> None:
    await program.posts({"to": OPS, "text": "Once"}, key="k")
    assert (await program.posts({"text": "Once", "to": OPS}, key="k")).status_code == 201
    assert await program.heard("Once") == 1


async def test_the_same_key_at_another_address_is_another_call(program: Program) -> None:
    other = replace(program, incident=f"{program.incident[:-1]}Z")
    await other.is_shown()
    await program.says("Both", key="k")
    assert (await other.says("Both", key="k")).status_code == 201
    assert await program.heard("Both") == 2


async def test_without_a_key_the_same_message_within_the_minute_is_sent_once(
    program: Program, stack: Stack
) -> None:
    first = await program.says("Run")
    assert (await program.says("Run")).content == first.content
    assert await program.heard("Run") == 1
    later = replace(stack.api, clock=lambda: 120.0)
    async with stack.program(later) as other:
        a_minute_later = replace(other, incident=program.incident)
        assert (await a_minute_later.says("Run")).json()["id"] != first.json()["id"]
    assert await program.heard("Run") == 2


@pytest.mark.parametrize("key", ["", "k" * 256, "a\tb"])
async def test_a_key_that_cannot_be_one_is_refused(unheard: Program, key: str) -> None:
    answer = await unheard.says("Hello", key=key)
    assert error_of(answer) == (400, "Idempotency-Key: it must have 1 to 255 characters that can be printed")


@pytest.mark.parametrize("key", [b"a\r\n b", b"a\nb", b"a\rb", b"\r\n a"])
async def test_a_key_with_line_breaks_is_refused_and_nothing_is_begun(unheard: Program, key: bytes) -> None:
    before = await unheard.rows()
    body = json.dumps({"to": OPS, "text": "Hello"}).encode()
    head = (
        f"POST {unheard.path} HTTP/1.1\r\nHost: muster\r\nContent-Type: application/json\r\n"
        f"Authorization: {unheard.headers['Authorization']}\r\nContent-Length: {len(body)}\r\n"
        "Connection: close\r\nIdempotency-Key: "
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", unheard.http.base_url.port)
    writer.write(head.encode() + key + b"\r\n\r\n" + body)
    answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert await unheard.rows() == before


async def test_the_longest_key_is_one(program: Program) -> None:
    assert (await program.says("Long", key="k" * 255)).status_code == 201


# What takes longer


async def test_what_is_still_being_sent_is_answered_with_its_operation(
    unheard: Program, stack: Stack
) -> None:
    first = await unheard.says("Later", key="k")
    assert first.status_code == 202
    told = first.json()["operation"]
    assert told["href"] == f"{stack.api.settings.public_url}/v1/operations/{told['id']}"
    working = (await unheard.operation(told["id"])).json()
    assert (working["state"], working["result"], working["error"]) == ("working", None, None)
    async with stack.working(), stack.program() as patient:
        answer = await replace(patient, incident=unheard.incident).says("Later", key="k")
    assert (answer.status_code, answer.json()["id"]) == (201, told["id"])
    assert (await unheard.operation(told["id"])).json()["result"] == "Success"
    assert await unheard.heard("Later") == 1


async def test_what_ended_when_nobody_waited_is_answered_to_the_next_call(
    unheard: Program, stack: Stack
) -> None:
    told = (await unheard.says("Later", key="k")).json()["operation"]

    async with stack.working():
        handle = stack.client.get_workflow_handle(f"operation/acme/{told['id']}")
        await handle.result()
    assert (await unheard.says("Later", key="k")).json()["id"] == told["id"]
    assert await unheard.heard("Later") == 1


# What Teams does not take


async def test_after_a_lost_answer_nobody_sends_it_again(program: Program) -> None:
    await program.teams.fault("create", "lose_answer")
    lost = (504, "The answer was lost: look in Payments/#ops before you send it again")
    for _ in range(2):
        assert error_of(await program.says("Lost", key="k")) == lost
    assert await program.heard("Lost") == 1
    id = await program.api.pool.fetchval("SELECT key FROM operation ORDER BY begun_at DESC LIMIT 1")
    told = (await program.operation(id)).json()
    assert (told["state"], told["result"], told["error"]) == ("unknown", "Failed", lost[1])


async def test_what_teams_takes_no_more_of_may_be_called_again(program: Program) -> None:
    await program.teams.fault("create", "status", status=429, retry_after=1)
    answer = await program.says("Busy", key="k")
    assert answer.headers["retry-after"] == "5"
    assert error_of(answer)[0] == 503
    assert (await program.says("Busy", key="k")).status_code == 201
    assert await program.heard("Busy") == 1


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (403, "BotNotInConversationRoster", (404, "Muster is not in Payments/#ops any more")),
        (403, "NotEnoughPermissions", (403, "Teams does not let Muster write to Payments/#ops")),
        (413, "TooLarge", (502, "Teams refused the message in Payments/#ops")),
    ],
)
async def test_what_teams_refuses_is_refused_again(
    program: Program, status: int, code: str, expected: tuple[int, str]
) -> None:
    await program.teams.fault("create", "status", status=status, body={"error": {"code": code}})
    for _ in range(2):
        assert error_of(await program.says("No", key="k")) == expected
    assert await program.heard("No") == 0


# What ends between two steps


async def test_a_call_that_ended_before_temporal_took_it_is_done_by_the_next(program: Program) -> None:
    """The API wrote the row and ended."""
    body = {"to": OPS, "text": "Begun"}
    caller: Any = None
    call = Call(caller, program.path, body, "k", method="POST")
    asked = Asked("acme", call.operation, "message", "t1", call.key(None), call.request_hash)
    await operations.begin(program.api.pool, asked)
    answer = await program.posts(body, key="k")
    assert (answer.status_code, answer.json()["id"]) == (201, call.operation)
    assert await program.heard("Begun") == 1


async def test_a_call_whose_api_ends_while_it_is_sent_is_answered_by_another(
    program: Program, stack: Stack
) -> None:
    gate = stack.teams.holds(len(stack.teams.asked) + 1)
    async with stack.program(replace(stack.api, answer_within=SOON)) as first:  # which ends soon
        ended = replace(first, incident=program.incident)
        calling = asyncio.create_task(ended.says("Held", key="k"))
        await stack.teams.until(lambda: bool(stack.teams.calls("POST", "/activities")))
        calling.cancel()
    gate.set()
    assert (await program.says("Held", key="k")).status_code == 201
    assert await program.heard("Held") == 1


async def test_a_call_whose_run_an_operator_ends_is_sent_by_the_next(unheard: Program, stack: Stack) -> None:
    before = await unheard.rows()
    saying = asyncio.create_task(unheard.says("Ended", key="k"))

    async def is_ended() -> bool:
        if await unheard.rows() == before:
            return False
        key = await stack.api.pool.fetchval("SELECT key FROM operation ORDER BY begun_at DESC LIMIT 1")
        try:
            await stack.client.get_workflow_handle(f"operation/acme/{key}").terminate("an operator did")
        except RPCError:
            return False
        return True

    await eventually(is_ended)
    assert (await saying).status_code in (202, 503)
    async with stack.working(), stack.program() as patient:
        answer = await replace(patient, incident=unheard.incident).says("Ended", key="k")
    assert answer.status_code == 201
    assert await unheard.heard("Ended") == 1


async def test_what_a_dead_worker_began_is_not_sent_by_the_next(unheard: Program, stack: Stack) -> None:
    told = (await unheard.says("Dead", key="k")).json()["operation"]
    key = OperationKey(account="acme", key=told["id"])
    assert await operations.intend(unheard.api.pool, key)
    await unheard.api.pool.execute(
        "UPDATE operation SET intent_at = now() - interval '31 s' WHERE key = $1", key.key
    )
    async with stack.working(), stack.program() as patient:
        answer = await replace(patient, incident=unheard.incident).says("Dead", key="k")
    assert error_of(answer)[0] == 504
    assert await unheard.heard("Dead") == 0


async def test_nothing_is_left_of_a_call_while_temporal_is_away(
    stack: Stack, temporal: EmbeddedTemporal
) -> None:
    async with line_to(temporal.address) as line:
        settings = stack.api.settings.model_copy(update={"temporal_address": line.address})
        async with stack.reaching(settings, stack.api.pool) as program:
            before = await program.rows()
            await cut_known(line, program.api.gateway)
            async with stack.program(replace(program.api, answer_within=SOON)) as impatient:
                answer = await replace(impatient, incident=program.incident).says("Away", key="k")
            assert error_of(answer) == (503, "Muster cannot do this now, call again")
            assert await program.rows() == before
            await line.mend()
            assert (await program.says("Another text", key="k")).status_code == 201
            assert await program.heard("Away") == 0


@asynccontextmanager
async def far_from_postgres(stack: Stack) -> AsyncIterator[tuple[Line, Program]]:
    """A program, and the line between its API and Postgres."""
    (server,) = stack.api.settings.database.hosts
    async with line_to(str(server)) as line:
        database = replace(stack.api.settings.database, hosts=(Host("127.0.0.1", line.port),))
        async with (
            await open_pool(database) as pool,
            stack.reaching(stack.api.settings, pool) as program,
        ):
            yield line, program


async def test_nothing_is_left_of_a_call_while_postgres_is_away(stack: Stack) -> None:
    async with far_from_postgres(stack) as (line, program):
        before = await program.rows()
        await line.cut()
        answer = await program.says("Away", key="k")
        assert error_of(answer) == (503, "Muster cannot do this now, call again")
        assert int(answer.headers["retry-after"]) > 0
        await line.mend()
        assert await program.rows() == before
        assert (await program.says("Away", key="k")).status_code == 201
        assert await program.heard("Away") == 1


async def test_a_call_in_which_postgres_goes_away_is_done_by_the_next(stack: Stack) -> None:
    """It was begun, and PagerDuty is asked about its incident."""
    async with far_from_postgres(stack) as (line, program):
        known = replace(program, incident=str((await stack.pagerduty.trigger())["id"]))
        before_the_line = replace(program, api=stack.api)
        begun = await before_the_line.rows()
        await stack.pagerduty.fault("rest", "slow", seconds=2)
        saying = asyncio.create_task(known.says("Begun", key="k"))

        async def is_begun() -> bool:
            return await before_the_line.rows() == begun + 1

        await eventually(is_begun)
        await line.cut()
        answer = await saying
        assert error_of(answer) == (503, "Muster cannot do this now, call again")
        assert int(answer.headers["retry-after"]) > 0
        await line.mend()
        assert await program.heard("Begun") == 0
        assert (await known.says("Begun", key="k")).status_code == 201
        assert await program.heard("Begun") == 1


# Whose it is


async def test_another_accounts_operation_is_not_found(program: Program) -> None:
    id = (await program.says("Ours")).json()["id"]
    pool = program.api.pool
    await pool.execute(ANOTHER_ACCOUNT)
    await pool.execute("UPDATE operation SET account = 'globex' WHERE key = $1", id)
    assert error_of(await program.operation(id)) == (404, "there is no such operation")
    assert error_of(await program.operation("0" * 16)) == (404, "there is no such operation")


@pytest.mark.parametrize("id", ["nosuch", "%00", f"{'0' * 15}%0A", "0" * 64])
async def test_what_is_no_id_of_an_operation_is_not_found(unheard: Program, id: str) -> None:
    assert error_of(await unheard.operation(id))[0] == 404
