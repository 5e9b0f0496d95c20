"""What is measured: the product's own processes on embedded Postgres and Temporal, the floors, the sink."""

import asyncio
import hashlib
import hmac
import json
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import asyncpg
from temporalio.client import Client

from bench import cpu, floor
from bench.incidents import Incident
from bench.sink import Card, Sink, actions_in
from muster.cards.app_manifest import SEARCH_COMMAND
from muster.settings import Settings
from muster.temporal.client import temporal_client
from sandbox.company import Company, Connection, Person, build_company
from sandbox.signing_key import SigningKey
from sandbox.teams.tokens import ChannelTokens
from sandbox.up.addresses import Addresses
from sandbox.up.environment import embedded_environment
from sandbox.up.product import local_environment, sandbox_environment, seed, write_config
from sandbox.up.servers.data_folder import DataFolder
from sandbox.up.servers.ports import free_port
from sandbox.up.servers.postgres import EmbeddedPostgres
from sandbox.up.servers.temporal import EmbeddedTemporal
from sandbox.up.supervision.parts import answers_http, muster_command
from sandbox.up.supervision.process import Process

ONE_CHANNEL = "PSVC001"
THREE_CHANNELS = "PSVC003"
FLOOR = "floor"
"""Process and task queue of the bare workflow on the SDK's defaults and plain httpx."""
LIKE_FOR_LIKE = "floor-like-for-like"
"""Process and task queue of the bare workflow that runs and sends as the product does."""
_CARD = "application/vnd.microsoft.card.adaptive"
_SHARED_MESSAGE = "1600000000000"
"""Id of a person's message, which the sink has never heard of."""
_API_ENVIRONMENT = {"MUSTER_EDIT_INTERVAL": "0", "MUSTER_GRACE": "0"}
"""No edit interval and no grace: the path is measured, not how long it waits on purpose."""


CROWD = 500
"""People who have linked their accounts, beside those of the sandbox's company."""


class Answer(NamedTuple):
    """What somebody was told who pressed a button, and after how long."""

    told: str
    """``card``, ``working``, or the sentence."""
    milliseconds: float


class Stack:
    """Everything that runs, and the ways to load it."""

    def __init__(self, company: Company, folder: DataFolder, addresses: Addresses, sink: Sink) -> None:
        self.company = company
        self.sink = sink
        self.folder = folder
        self.addresses = addresses
        self.env: dict[str, str] = {}
        self.processes: dict[str, Process] = {}
        self.servers: dict[str, int] = {}
        self.client: Client
        self.http: aiohttp.ClientSession
        self._signed: dict[str, str] = {}
        self._tokens = ChannelTokens(SigningKey.kept_in(folder.certificates), company)

    # Processes

    async def start(self, name: str, *command: str, port: int | None = None, **env: str) -> None:
        """Start a process of the product, and wait for its health port."""
        process = Process(command, log=self.folder.log(name), env=self.env | env)
        self.processes[name] = process
        if port is not None:
            path = "/readyz" if name.startswith("api") else "/healthz"
            await asyncio.to_thread(process.wait_until, lambda: answers_http(port, path))

    async def start_api(self, name: str, port: int, **env: str) -> None:
        """Start an API process on a port."""
        await self.start(name, *muster_command("serve"), port=port, MUSTER_PORT=str(port), **env)

    async def kill(self, name: str, number: signal.Signals) -> None:
        """End a process with a signal, at once."""
        process = self.processes.pop(name)
        process.send(number)
        await asyncio.to_thread(process.release)

    async def until_idle(self, incident: Incident) -> None:
        """Wait until the incident's workflow has nothing in flight: its last send is recorded."""
        handle = self.client.get_workflow_handle(
            f"incident/{self.company.account}/{incident.id}/payments-ops"
        )
        while True:
            found = (await handle.describe()).raw_description
            if not found.pending_activities and not found.HasField("pending_workflow_task"):
                return
            await asyncio.sleep(0.02)

    async def start_worker(self, name: str = "worker", *, port: int | None = None, **env: str) -> None:
        """Start a worker of the product, with its health on a port."""
        health = port or self.addresses.worker_health_port
        await self.start(
            name, *muster_command("worker"), port=health, MUSTER_WORKER_HEALTH_PORT=str(health), **env
        )

    async def stop(self, name: str) -> None:
        """Stop a process gracefully; nothing happens if it is not running."""
        process = self.processes.pop(name, None)
        if process is not None:
            await asyncio.to_thread(process.stop, within=25)

    def cpu(self) -> Counter[str]:
        """Milliseconds of CPU that each process has used so far, the two servers' too."""
        pids = {name: process.pid for name, process in self.processes.items()} | self.servers
        return Counter({name: cpu.milliseconds(pid) for name, pid in pids.items()})

    def resident_megabytes(self, name: str) -> float:
        """Memory of a process that is resident now."""
        status = Path(f"/proc/{self.processes[name].pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024

    # Load

    async def webhook(self, incident: Incident, name: str, *, port: int | None = None) -> float:
        """Deliver ``incident.<name>``, signed; the milliseconds until 202."""
        self.sink.incidents[incident.id] = incident
        body = incident.event(name)
        signature = hmac.new(self.company.webhook_secret.encode(), body, hashlib.sha256).hexdigest()
        began = time.monotonic()
        async with self.http.post(
            f"http://127.0.0.1:{port or self.addresses.api_port}/webhooks/pagerduty/{self.company.account}",
            data=body,
            headers={
                "Content-Type": "application/json",
                "X-PagerDuty-Signature": f"v1={signature}",
                "X-Webhook-Subscription": self.company.webhook_subscription,
            },
        ) as answer:
            await answer.read()
            if answer.status != 202:
                raise RuntimeError(f"a webhook was answered {answer.status}")
        return (time.monotonic() - began) * 1000

    async def click(self, card: Card, verb: str, *, port: int | None = None) -> float:
        """Click a card's button as Ada; the milliseconds until the answer, which is the card."""
        answer = await self.click_as(card, verb, by=0, http=self.http, port=port)
        if answer.told != "card":
            raise RuntimeError(f"a click was answered {answer.told}")
        return answer.milliseconds

    async def click_as(
        self,
        card: Card,
        verb: str,
        *,
        by: int,
        http: aiohttp.ClientSession,
        port: int | None = None,
        trigger: str = "manual",
    ) -> Answer:
        """Click a card's button as the person of this number; ``automatic``: their Teams does so itself."""
        value = {"action": card.buttons[verb], "trigger": trigger}
        place = f"{card.conversation};messageid={card.id}"
        body, milliseconds = await self._invoke(
            "adaptiveCard/action", value, place=place, by=by, http=http, port=port, replyToId=card.id
        )
        told = "card" if body.get("type") == _CARD else str(body.get("value") or body)
        return Answer("working" if "working on it" in told else told, milliseconds)

    async def found(self, incident: Incident, *, conversation: str) -> Card:
        """The card that Ada gets who searches for the incident by its number; she shares it there."""
        parameters = [{"name": "query", "value": str(incident.number)}]
        value = {
            "commandId": SEARCH_COMMAND,
            "parameters": parameters,
            "queryOptions": {"skip": 0, "count": 25},
        }
        body, _ = await self._invoke(
            "composeExtension/query", value, place=conversation, by=0, http=self.http
        )
        (result,) = body["composeExtension"]["attachments"]
        return Card(incident.id, conversation, _SHARED_MESSAGE, actions_in(result["content"]))

    async def _invoke(
        self,
        name: str,
        value: dict[str, Any],
        *,
        place: str,
        by: int,
        http: aiohttp.ClientSession,
        port: int | None = None,
        **more: str,
    ) -> tuple[dict[str, Any], float]:
        """The body of the bot's answer to an invoke by the person of this number, and the milliseconds."""
        person = self.company.people[by]
        service_url = f"{self.sink.url}/teams/"
        activity = {
            "type": "invoke",
            "name": name,
            "id": f"f:{time.monotonic_ns()}:{by}",
            "channelId": "msteams",
            "serviceUrl": service_url,
            "from": {"id": person.teams_id, "aadObjectId": person.aad_object_id, "name": person.name},
            "recipient": {"id": f"28:{self.company.bot_app_id}"},
            "conversation": {"id": place, "tenantId": self.company.tenant_id},
            "channelData": {"tenant": {"id": self.company.tenant_id}},
            "value": value,
            **more,
        }
        began = time.monotonic()
        async with http.post(
            f"http://127.0.0.1:{port or self.addresses.api_port}/api/messages",
            json=activity,
            headers={"Authorization": f"Bearer {self._token(service_url)}"},
        ) as answer:
            body = await answer.json()
        return body, (time.monotonic() - began) * 1000

    def _token(self, service_url: str) -> str:
        """A token that is signed once: a crowd's own work must not be a part of its waiting."""
        if service_url not in self._signed:
            self._signed[service_url] = self._tokens.issue(service_url)
        return self._signed[service_url]

    def person(self, number: int) -> str:
        """Who this person is to Microsoft."""
        return self.company.people[number].aad_object_id

    async def recorded_clicks(self, incidents: set[str]) -> set[tuple[str, str]]:
        """Incident and person of each click on these incidents that has an outcome."""
        connection = await asyncpg.connect(self.env["DATABASE_URL"])
        try:
            rows = await connection.fetch(
                "SELECT incident_id, aad_object_id FROM click WHERE incident_id = ANY ($1)", list(incidents)
            )
        finally:
            await connection.close()
        return {(row["incident_id"], row["aad_object_id"]) for row in rows}


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Stack]:
    """The whole stack, its product processes running."""
    data, addresses = DataFolder(folder), Addresses.pick()
    sink = Sink(free_port())
    company = _company()
    stack = Stack(company, data, addresses, sink)
    async with AsyncExitStack() as exits:
        postgres = exits.enter_context(EmbeddedPostgres(data.postgres, log=data.log("postgres")))
        temporal = exits.enter_context(
            EmbeddedTemporal(log=data.log("temporal"), database=data.temporal_store)
        )
        stack.servers = {"postgres": postgres.pid or 0, "temporal": temporal.pid or 0}
        stack.env = _environment(data, addresses, postgres.create_database("muster"), temporal.address)
        stack.env["MUSTER_GRAPH_URL"] = f"{sink.url}/graph"
        _configure(data, company, addresses, sink)
        for command in (("migrate",), ("seed", str(data.seed))):
            await asyncio.to_thread(
                subprocess.run, muster_command(*command), env=stack.env, check=True, stdout=sys.stderr
            )
        await exits.enter_async_context(sink.serving())
        stack.http = await exits.enter_async_context(aiohttp.ClientSession())
        stack.client = await exits.enter_async_context(temporal_client(_settings(stack.env)))
        try:
            await _start(stack)
            yield stack
        finally:
            for name in list(stack.processes):
                await stack.stop(name)


async def _start(stack: Stack) -> None:
    addresses = stack.addresses
    await stack.start(
        "teams", sys.executable, "-m", "sandbox.teams", "--company", str(stack.folder.company),
        "--port", str(addresses.teams_port),
        "--ca-dir", str(stack.folder.certificates), "--bot", addresses.bot_endpoint,
    )  # fmt: skip
    await stack.start(
        "microsoft", sys.executable, "-m", "sandbox.microsoft", "--company", str(stack.folder.company),
        "--port", str(addresses.microsoft_port), "--tls-port", str(addresses.token_port),
        "--ca-dir", str(stack.folder.certificates), "--consented",
    )  # fmt: skip
    await asyncio.to_thread(
        stack.processes["teams"].wait_until,
        lambda: answers_http(addresses.teams_port, "/bot/v1/.well-known/openidconfiguration"),
    )
    await asyncio.to_thread(
        stack.processes["microsoft"].wait_until,
        lambda: answers_http(addresses.microsoft_port, "/_sandbox/clock"),
    )
    await stack.start_api("api", addresses.api_port, **_API_ENVIRONMENT)
    await stack.start_worker()
    for name, kind in ((FLOOR, floor.DEFAULTS), (LIKE_FOR_LIKE, floor.LIKE_FOR_LIKE)):
        await stack.start(
            name,
            sys.executable,
            "-m",
            "bench.floor",
            kind,
            stack.env["TEMPORAL_ADDRESS"],
            name,
            stack.sink.url,
        )


def _company() -> Company:
    """The sandbox's company, with a service that has three channels, and a crowd of people."""
    company = build_company()
    channels = [company.teams[0].channels[1], company.teams[0].channels[2], company.teams[1].channels[1]]
    connections = [Connection(service=ONE_CHANNEL, channel=channels[0].id)]
    connections += [Connection(service=THREE_CHANNELS, channel=channel.id) for channel in channels]
    people = (*company.pagerduty_users.values(), *(_one_of_many(number) for number in range(CROWD)))
    return company.model_copy(update={"connections": tuple(connections), "people": people})


def _one_of_many(number: int) -> Person:
    """A person of the crowd, with linked accounts."""
    return Person(
        name=f"Person {number}",
        email=f"person-{number}@acme.example",
        aad_object_id=str(uuid.UUID(int=number + 1)),
        teams_id=f"29:person-{number}",
        pagerduty_user=f"PCROWD{number:03}",
        role="user",
        job_title="Engineer",
        linked=True,
        access_token=f"token-of-person-{number}",
    )


def _environment(
    folder: DataFolder, addresses: Addresses, database_url: str, temporal_address: str
) -> dict[str, str]:
    # As it is deployed, with compiled modules. In the sandbox each run of a workflow imports its module, and
    # would compile it each time.
    inherited = embedded_environment()
    inherited.pop("PYTHONDONTWRITEBYTECODE", None)
    return {
        **inherited,
        **local_environment(folder, addresses, {}),
        **sandbox_environment(folder, addresses),
        "DATABASE_URL": database_url,
        "TEMPORAL_ADDRESS": temporal_address,
    }


def _settings(env: dict[str, str]) -> Settings:
    return Settings.model_validate(
        {
            "DATABASE_URL": env["DATABASE_URL"],
            "TEMPORAL_ADDRESS": env["TEMPORAL_ADDRESS"],
            "keys": env["MUSTER_KEYS"],
        }
    )


def _configure(folder: DataFolder, company: Company, addresses: Addresses, sink: Sink) -> None:
    """The product's configuration, with PagerDuty and all channels at the sink."""
    folder.company.write_text(company.model_dump_json())
    write_config(folder, company, addresses)
    config = folder.config.read_text()
    for address in (addresses.pagerduty, addresses.pagerduty_identity):
        config = config.replace(address, sink.url)
    folder.config.write_text(config)
    elsewhere = {channel.id: f"{sink.url}/teams/" for team in company.teams for channel in team.channels}
    folder.seed.write_text(json.dumps(seed(company, addresses, elsewhere)))
