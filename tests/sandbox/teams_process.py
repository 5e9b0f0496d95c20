"""What the tests of ``sandbox.teams`` share: the simulator as its own process, and a bot that listens."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import Any

import httpx
import jwt

from sandbox.app_tokens import ConnectorTokens
from sandbox.company import Company, Person, build_company, write_company
from sandbox.signing_key import SigningKey
from sandbox.up.servers.ports import free_port
from tests.support.connections import async_client, request, sync_client
from tests.support.waiting import wait_until

REPOSITORY = Path(__file__).parents[2]

Answer = tuple[int, Any]
CARD_TYPE = "application/vnd.microsoft.card.adaptive"


def card(text: str, *verbs: str) -> dict[str, Any]:
    """A card whose buttons sit in an ActionSet inside a container, as the product's do."""
    actions = [
        {
            "type": "Action.Execute",
            "id": verb,
            "verb": verb,
            "title": verb,
            "data": {"of": verb, "text": text},
        }
        for verb in verbs
    ]
    items = [{"type": "TextBlock", "text": text}, {"type": "ActionSet", "actions": actions}]
    return {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "Container", "items": items}]}


def message(text: str, *verbs: str) -> dict[str, Any]:
    return {"type": "message", "attachments": [{"contentType": CARD_TYPE, "content": card(text, *verbs)}]}


def card_answer(text: str) -> Answer:
    return 200, {"statusCode": 200, "type": CARD_TYPE, "value": card(text)}


@contextmanager
def serving_in_thread(server: ThreadingHTTPServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Bot:
    """An HTTP server that keeps what Teams sends and answers what the test says."""

    def __init__(self) -> None:
        self.activities: list[dict[str, Any]] = []
        self.tokens: list[str] = []
        self.answer: Callable[[dict[str, Any]], Answer] = lambda _: (200, None)
        bot = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                activity = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                bot.activities.append(activity)
                bot.tokens.append(self.headers["Authorization"].removeprefix("Bearer "))
                status, body = bot.answer(activity)
                content = b"" if body is None else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Keep the test's output clean."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/api/messages"

    def reset(self) -> None:
        self.activities.clear()
        self.tokens.clear()
        self.answer = lambda _: (200, None)

    @contextmanager
    def listening(self) -> Iterator["Bot"]:
        with serving_in_thread(self._server):
            yield self


@dataclass
class TeamsProcess:
    """A running simulator with its company and its bot."""

    company: Company
    bot: Bot
    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    more_options: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def channel(self) -> str:
        return self.company.teams[0].channels[1].id

    def person(self, number: int) -> Person:
        return self.company.people[number]

    def start(self) -> None:
        write_company(self.folder / "company.json", self.company)
        arguments = {
            "--company": self.folder / "company.json",
            "--port": self.port,
            "--ca-dir": self.folder / "ca",
            "--bot": self.bot.url,
            "--state": self.folder / "state.json",
            "--temporal-ui": "http://127.0.0.1:8233",
        }
        words = [str(word) for pair in arguments.items() for word in pair]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sandbox.teams", *words, *self.more_options], cwd=REPOSITORY
        )
        wait_until(self._answers)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(20)

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, "the simulator ended at its start"
        try:
            return request("GET", f"{self.url}/page/people").status_code == 200
        except httpx.TransportError:
            return False

    def reset(self) -> None:
        self.bot.reset()
        assert self.post("/_sandbox/reset", {}).status_code == 204

    def get(self, path: str, **query: str) -> Any:
        response = request("GET", f"{self.url}{path}", params=query)
        response.raise_for_status()
        return response.json()

    def post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        return request("POST", f"{self.url}{path}", json=body, timeout=60)

    def records(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.get("/_sandbox/records")
        return answer

    def messages(self, conversation: str) -> list[dict[str, Any]]:
        (found,) = (c for c in self.records()["conversations"] if c["id"] == conversation)
        messages: list[dict[str, Any]] = found["messages"]
        return messages

    def personal_chat(self, person: Person) -> str:
        chats = self.get("/page/state", person=person.aad_object_id)["chats"]
        return next(str(chat["id"]) for chat in chats if chat["kind"] == "personal")

    def bot_token(self) -> str:
        """What Microsoft's authority issues to the bot for the connector, with the same key."""
        return ConnectorTokens(SigningKey.kept_in(self.folder / "ca"), self.company).issue()

    def connector(self) -> httpx.Client:
        """The bot's own client."""
        return sync_client(**self._connector_options())

    def async_connector(self) -> httpx.AsyncClient:
        """The bot's own client, for tests that await."""
        return async_client(**self._connector_options())

    def _connector_options(self) -> dict[str, Any]:
        return {
            "base_url": f"{self.url}/teams/",
            "headers": {"Authorization": f"Bearer {self.bot_token()}"},
            "timeout": 20,
        }

    def check_channel_token(self, token: str) -> dict[str, Any]:
        """The claims of a token that Teams sent, checked with its published keys."""
        metadata = self.get("/bot/v1/.well-known/openidconfiguration")
        key = jwt.PyJWKClient(metadata["jwks_uri"]).get_signing_key_from_jwt(token)
        claims: dict[str, Any] = jwt.decode(
            token, key, algorithms=["RS256"], audience=self.company.bot_app_id, issuer=metadata["issuer"]
        )
        return claims


@contextmanager
def running_teams(
    folder: Path, *more_options: str, connected: bool = True, company: Company | None = None
) -> Iterator[TeamsProcess]:
    with Bot().listening() as bot:
        teams = TeamsProcess(
            company or build_company(connected=connected), bot, folder, more_options=more_options
        )
        teams.start()
        try:
            yield teams
        finally:
            if teams.process is not None and teams.process.poll() is None:
                teams.stop()


Event = tuple[str, dict[str, Any]]


@contextmanager
def events(teams: TeamsProcess, person: int) -> Iterator["Queue[Event]"]:
    """The person's live events."""
    heard: Queue[Event] = Queue()
    address = f"{teams.url}/page/events"
    query = {"person": teams.person(person).aad_object_id}
    with (
        sync_client() as http,
        http.stream("GET", address, params=query, timeout=20) as stream,
    ):
        lines = stream.iter_lines()
        assert next(lines).startswith(":"), "the stream begins with a comment once it listens"

        def listen() -> None:
            name = ""
            for line in lines:
                field, _, value = line.partition(": ")
                if field == "event":
                    name = value
                elif field == "data":
                    heard.put((name, json.loads(value)))
                    if name == "reset":
                        return

        thread = threading.Thread(target=listen)
        thread.start()
        yield heard
        teams.reset()
        thread.join(10)
