"""Between the Agents Playground and the bot: tokens are added one way and asked for the other.

A small server stands in for the Playground's connector; the Playground itself runs in
``make test-playground``.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest

from sandbox.company import build_company
from sandbox.teams.playground import playground_config
from sandbox.teams.roster import Roster
from tests.sandbox.teams_process import TeamsProcess, card_answer, message, running_teams, serving_in_thread
from tests.support.connections import request


class PlaygroundConnector:
    """The Playground's connector, as far as one can tell from outside: open, and it answers ids."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, bool]] = []
        connector = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                connector.calls.append((self.command, self.path, "Authorization" in self.headers))
                content = b'{"id":"1"}'
                self.send_response(201)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_DELETE = answer

            def log_message(self, *_: object) -> None:
                """Keep the test's output clean."""

        self._server = ThreadingHTTPServer(("localhost", 0), Handler)
        self.port = self._server.server_port

    @contextmanager
    def listening(self) -> Iterator["PlaygroundConnector"]:
        with serving_in_thread(self._server):
            yield self


@pytest.fixture(scope="module")
def connector() -> Iterator[PlaygroundConnector]:
    with PlaygroundConnector().listening() as listening:
        yield listening


@pytest.fixture(scope="module")
def teams(tmp_path_factory: pytest.TempPathFactory, connector: PlaygroundConnector) -> Iterator[TeamsProcess]:
    folder = tmp_path_factory.mktemp("teams")
    with running_teams(folder, "--playground-port", str(connector.port)) as running:
        yield running


def test_activities_go_on_signed_and_answers_come_back(teams: TeamsProcess) -> None:
    teams.bot.answer = lambda _: card_answer("done")
    activity = {"type": "invoke", "serviceUrl": f"{teams.url}/playground/teams"}
    answer = teams.post("/playground/api/messages", activity)
    assert (answer.status_code, answer.json()) == card_answer("done")
    assert teams.bot.activities == [activity]
    assert teams.check_channel_token(teams.bot.tokens[0])["serviceurl"] == activity["serviceUrl"]
    assert teams.post("/playground/api/messages", {}).status_code == 400


def test_connector_calls_need_the_bots_token_and_go_on_without(
    teams: TeamsProcess, connector: PlaygroundConnector
) -> None:
    path = f"v3/conversations/{quote(teams.channel, safe='')}%3Bmessageid=1/activities"
    address = f"{teams.url}/playground/teams/{path}"
    refused = request("POST", address, json=message("x"))
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "Unauthorized")
    assert connector.calls == []
    with teams.connector() as bot:
        assert bot.post(address, json=message("x")).json() == {"id": "1"}
        assert bot.put(f"{address}/1", json=message("y")).status_code == 201
        assert bot.get(f"{address}/1/members", params={"pageSize": "2"}).status_code == 201
    assert connector.calls == [
        ("POST", f"/_connector/{path}", False),
        ("PUT", f"/_connector/{path}/1", False),
        ("GET", f"/_connector/{path}/1/members?pageSize=2", False),
    ]


def test_a_playground_that_is_down_is_a_bad_gateway(tmp_path: Path) -> None:
    with running_teams(tmp_path, "--playground-port", "9") as teams, teams.connector() as bot:
        answer = bot.get(f"{teams.url}/playground/teams/v3/conversations")
        assert (answer.status_code, answer.json()["error"]["code"]) == (502, "BadGateway")


def test_without_the_option_there_is_no_way_in(tmp_path: Path) -> None:
    with running_teams(tmp_path) as teams:
        assert teams.post("/playground/api/messages", {"serviceUrl": teams.url}).status_code == 404


def test_the_configuration_has_the_companys_ids_and_enough_people() -> None:
    company = build_company()
    team = company.teams[0]
    config = json.loads(playground_config(Roster(company), company.people[0], team))
    assert config["tenantId"] == company.tenant_id
    assert config["bot"]["id"] == f"28:{company.bot_app_id}"
    assert config["currentUser"]["aadObjectId"] == company.people[0].aad_object_id
    assert [user["id"] for user in config["users"]] == [p.teams_id for p in company.colleagues[1:]]
    ids = [config["currentUser"]["id"], *(user["id"] for user in config["users"])]
    assert len(set(ids)) == len(ids) == 6, "the Playground wants five others at least"
    assert config["team"]["channels"] == [{"id": team.channels[1].id, "name": "ops"}]
