"""The command says in a line what is wrong, and never shows a value of the configuration or a traceback."""

import json
import os
import signal
import socket
import subprocess
import sys
import tomllib
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from temporalio.client import Client
from typer.testing import CliRunner, Result

from muster.cli.main import app
from muster.temporal.ui_links import ready_queries
from sandbox.up.options import Options
from sandbox.up.servers.data_folder import DataFolder
from sandbox.up.servers.ports import free_port
from sandbox.up.servers.postgres import EmbeddedPostgres
from sandbox.up.servers.temporal import EmbeddedTemporal
from sandbox.up.supervision.parts import answers_http
from tests.support.settings import KEYS, config_file
from tests.support.waiting import eventually, wait_until
from workflows.channel_incident.workflow_type import CHANNEL_INCIDENT
from workflows.search_attributes import INCIDENT_STATUS, typed

SECRET = "do-not-show"
UUID = "8f0c1f5e-0000-4000-8000-000000000001"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A configuration with both sides."""
    return config_file(tmp_path_factory.mktemp("config"))


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "MUSTER_KEYS", "MUSTER_CONFIG"):
        monkeypatch.delenv(name, raising=False)


def test_the_version_is_that_of_the_package() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.stdout) == (0, f"muster {project['version']}\n")


def test_the_list_of_commands_needs_none_of_their_libraries() -> None:
    heavy = ("asyncpg", "fastapi", "httpx", "pydantic", "temporalio")
    loaded = "import sys, muster.cli.main; print(*sys.modules)"
    listed = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert "typer" in listed.stdout.split()
    assert not set(heavy) & set(listed.stdout.split())


def test_every_missing_variable_has_its_line() -> None:
    result = CliRunner().invoke(app, ["serve"])
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        "configuration: DATABASE_URL: it is missing",
        "configuration: MUSTER_KEYS: it is missing",
    ]


def test_a_wrong_table_of_the_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "muster.toml"
    config.write_text(f'[[pagerduty]]\nsubdomain = "acme"\nregion = "mars"\nclient_secret = "{SECRET}"\n')
    monkeypatch.setenv("MUSTER_CONFIG", str(config))
    monkeypatch.setenv("DATABASE_URL", f"postgresql://u:{SECRET}@127.0.0.1/muster")
    monkeypatch.setenv("MUSTER_KEYS", SECRET)

    result = CliRunner().invoke(app, ["worker"])
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        f"configuration: {config}: pagerduty.0.region: Input should be 'us' or 'eu'",
        f"configuration: {config}: pagerduty.0.client_id: it is missing",
    ]
    assert SECRET not in result.output


def test_a_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSTER_CONFIG", "/nowhere/muster.toml")
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1/muster")
    monkeypatch.setenv("MUSTER_KEYS", SECRET)
    result = CliRunner().invoke(app, ["migrate"])
    assert result.exit_code == 2
    assert result.stderr == (
        "configuration: /nowhere/muster.toml: it cannot be read: No such file or directory\n"
    )


@pytest.mark.parametrize("command", ["serve", "worker", "migrate"])
def test_wrong_keys_are_a_configuration_problem(
    command: str, config: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1/muster")
    monkeypatch.setenv("MUSTER_KEYS", f"k1:{SECRET}")
    monkeypatch.setenv("MUSTER_CONFIG", config)
    result = CliRunner().invoke(app, [command])
    assert result.exit_code == 2
    assert result.stderr == "configuration: MUSTER_KEYS: a key is not base64\n"


@pytest.mark.parametrize("command", ["serve", "worker", "migrate", "up"])
def test_an_unknown_level_is_refused_with_those_there_are(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if command != "up":  # which brings both
        monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1/muster")
        monkeypatch.setenv("MUSTER_KEYS", KEYS)
    monkeypatch.setenv("MUSTER_LOG_LEVEL", "nonsense")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, [command])
    assert result.exit_code == 2
    assert result.stderr == (
        "configuration: MUSTER_LOG_LEVEL: Input should be 'DEBUG', 'INFO', 'WARNING', 'ERROR' or 'CRITICAL'\n"
    )
    assert not list(tmp_path.iterdir()), "nothing was started"


@pytest.mark.parametrize("command", ["worker", "up"])
def test_secrets_that_are_no_folder_are_named(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = tmp_path / "secrets"
    secrets.touch()
    monkeypatch.setenv("MUSTER_SECRETS_DIR", str(secrets))
    result = CliRunner().invoke(app, [command])
    assert (result.exit_code, result.stderr) == (
        2,
        f"configuration: MUSTER_SECRETS_DIR: the folder {secrets} cannot be read: Not a directory\n",
    )


@pytest.fixture
def unmigrated(postgres: EmbeddedPostgres) -> Iterator[str]:
    yield postgres.create_database("unmigrated")
    postgres.drop_database("unmigrated")


NOWHERE = "127.0.0.1:1"


def run(
    database_url: str,
    *command: str,
    config: str,
    temporal_address: str = NOWHERE,
    more: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """A process of its own, since these commands set up its logging."""
    env = os.environ | {
        "DATABASE_URL": database_url,
        "MUSTER_KEYS": KEYS,
        "MUSTER_CONFIG": config,
        "MUSTER_PORT": "0",
        "TEMPORAL_ADDRESS": temporal_address,
        **(more or {}),
    }
    return subprocess.run(
        [sys.executable, "-m", "muster.cli", *command],
        env=env, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.soak
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize(("command", "path"), [("serve", "/readyz"), ("worker", "/healthz")])
def test_a_signal_lets_a_process_end_with_its_own_exit_code(
    command: str,
    path: str,
    number: signal.Signals,
    database_url: str,
    temporal: EmbeddedTemporal,
    config: str,
) -> None:
    port = free_port()
    env = os.environ | {
        "DATABASE_URL": database_url,
        "MUSTER_KEYS": KEYS,
        "MUSTER_CONFIG": config,
        "MUSTER_PORT": str(port),
        "MUSTER_WORKER_HEALTH_PORT": str(port),
        "TEMPORAL_ADDRESS": temporal.address,
    }
    with subprocess.Popen(
        [sys.executable, "-m", "muster.cli", command], env=env, stderr=subprocess.PIPE, text=True
    ) as process:
        wait_until(lambda: answers_http(port, path), within=30)
        process.send_signal(number)
        _, told = process.communicate(timeout=30)
    assert process.returncode == 0
    assert all(json.loads(line)["level"] == "info" for line in told.splitlines())


@pytest.mark.parametrize(
    ("host", "reason"),
    [("127.0.0.1", "in use"), ("192.0.2.1", "Cannot assign"), ("nobody.invalid", "not known")],
)
def test_a_place_where_nothing_can_listen_is_a_sentence(
    host: str, reason: str, database_url: str, temporal: EmbeddedTemporal, config: str
) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])
        ended = run(
            database_url,
            "worker",
            config=config,
            temporal_address=temporal.address,
            more={"MUSTER_HOST": host, "MUSTER_WORKER_HEALTH_PORT": port},
        )
    assert ended.returncode == 1
    last = ended.stderr.splitlines()[-1]
    assert last.startswith(f"nothing can listen at {host}, port {port}: ")
    assert reason.lower() in last.lower()
    assert "Traceback" not in ended.stderr


def seed_file(folder: Path, **content: Any) -> str:
    file = folder / "seed.json"
    file.write_text(json.dumps(content))
    return str(file)


@pytest.mark.parametrize("command", ["serve", "worker", "migrate"])
def test_without_temporal_a_command_ends_with_a_sentence(
    command: str, database_url: str, config: str
) -> None:
    ended = run(database_url, command, config=config)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith("Temporal cannot be reached at 127.0.0.1:1: ")
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("command", ["serve", "worker", "seed"])
def test_an_older_database_says_what_to_run(
    command: str, unmigrated: str, temporal: EmbeddedTemporal, tmp_path: Path, config: str
) -> None:
    arguments = [seed_file(tmp_path)] if command == "seed" else []
    ended = run(unmigrated, command, *arguments, config=config, temporal_address=temporal.address)
    assert ended.returncode == 1
    assert ended.stderr.startswith("the database is at nothing, wanted ")
    assert ended.stderr.endswith("run muster migrate\n")


@pytest.mark.parametrize("command", ["serve", "worker", "seed"])
def test_without_a_database_a_command_ends_with_a_sentence(
    command: str, temporal: EmbeddedTemporal, tmp_path: Path, config: str
) -> None:
    arguments = [seed_file(tmp_path)] if command == "seed" else []
    nowhere = f"postgresql://muster:{SECRET}@{NOWHERE}/muster"
    ended = run(nowhere, command, *arguments, config=config, temporal_address=temporal.address)
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line == "the database at 127.0.0.1:1/muster cannot be reached: nothing listens there"
    assert SECRET not in line


def test_a_database_that_is_not_there_is_waited_for_and_named(config: str) -> None:
    ended = run(
        f"postgresql://muster:{SECRET}@127.0.0.1:1/muster", "migrate", "--wait-timeout", "1", config=config
    )
    assert ended.returncode == 1
    first, last = ended.stderr.splitlines()
    assert first == "migrate: waiting up to 1 s for the database at 127.0.0.1:1/muster"
    assert last == "the database at 127.0.0.1:1/muster cannot be reached: nothing listens there"
    assert SECRET not in ended.stderr


def test_a_wrong_password_is_not_waited_for(database_url: str, config: str) -> None:
    parts = urlsplit(database_url)
    wrong = parts._replace(netloc=f"{parts.username}:{SECRET}@{parts.hostname}:{parts.port}").geturl()
    ended = run(wrong, "migrate", "--wait-timeout", "600", config=config)
    assert ended.returncode == 1
    first, last = ended.stderr.splitlines()
    place = f"127.0.0.1:{parts.port}{parts.path}"
    assert first == f"migrate: waiting up to 600 s for the database at {place}"
    assert last == (
        f"the database at {place} refuses the connection:"
        f' password authentication failed for user "{parts.username}"'
    )


def test_a_server_that_has_no_such_database_is_a_sentence(database_url: str, config: str) -> None:
    elsewhere = urlsplit(database_url)._replace(path="/nowhere").geturl()
    ended = run(elsewhere, "serve", config=config)
    assert (ended.returncode, len(ended.stderr.splitlines())) == (1, 1)
    assert 'database "nowhere" does not exist' in ended.stderr


def link(**changes: str) -> dict[str, str]:
    names = (
        "tenant", "aad_object_id", "account", "pagerduty_user", "pagerduty_name", "pagerduty_email"
    )  # fmt: skip
    return dict.fromkeys(names, "x") | dict.fromkeys(names[:2], UUID) | {"access_token": SECRET} | changes


def team(**changes: str) -> dict[str, str]:
    usual = {"tenant": UUID, "id": "t", "aad_group_id": UUID, "name": "Payments", "account": "acme"}
    return usual | changes


def channel(**changes: str) -> dict[str, str]:
    return {"team": "t", "id": "c", "name": "ops", "service_url": "http://127.0.0.1"} | changes


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ({"links": [link(colour=SECRET)]}, "links.0.colour: nothing reads this key"),
        (
            {"links": [link(tenant=SECRET)]},
            "links.0.tenant: it must be a UUID: 8-4-4-4-12 hexadecimal digits",
        ),
        (
            {
                "people": [
                    {"tenant": UUID, "aad_object_id": SECRET, "teams_id": "x", "name": "x", "email": "x"}
                ]
            },
            "people.0.aad_object_id: it must be a UUID: 8-4-4-4-12 hexadecimal digits",
        ),
        (
            {"links": [link(account=f"{SECRET}.pagerduty.com")]},
            "links.0.account: it must be the account's subdomain alone: the part before .pagerduty.com",
        ),
        (
            {"links": [link() | {"access_token": [SECRET]}]},
            "links.0.access_token: it must be a text",
        ),
        (
            {"pagerduty_accounts": [{"key": "acme", "subdomain": "acme", "region": SECRET}]},
            "pagerduty_accounts.0.region: Input should be 'us' or 'eu'",
        ),
        (
            {"teams": [team(aad_group_id=SECRET)]},
            "teams.0.aad_group_id: it must be a UUID: 8-4-4-4-12 hexadecimal digits",
        ),
        ({"teams": [team(id=" ")]}, "teams.0.id: it is empty"),
        (
            {"teams": [team()], "channels": [channel(service_url=f"{SECRET}.example/teams/")]},
            "channels.0.service_url: it must be an address, such as https://host",
        ),
        (
            {"tenants": [{"id": UUID, "name": f"{SECRET}\0"}]},
            "tenants.0.name: it has a character that no database stores",
        ),
        ({"links": [link(access_token=" ")]}, "links.0.access_token: it is empty"),
        (
            {"webhook_subscriptions": [{"account": "acme", "secret": SECRET}]},
            "webhook_subscriptions.0.id: it is missing",
        ),
        (
            {"channels": [channel(team=SECRET)]},
            "channels: the team of channel 0 is not in the file",
        ),
    ],
)
def test_a_wrong_seed_names_the_place_and_shows_no_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: dict[str, Any], complaint: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/muster")
    monkeypatch.setenv("MUSTER_KEYS", KEYS)
    file = seed_file(tmp_path, **content)
    result = CliRunner().invoke(app, ["seed", file])
    assert result.exit_code == 2
    assert result.stderr == f"{file}: {complaint}\n"
    assert SECRET not in result.output


def test_a_seed_that_is_no_json_shows_nothing_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/muster")
    monkeypatch.setenv("MUSTER_KEYS", KEYS)
    file = tmp_path / "seed.json"
    file.write_text(f'{{"access_token": {SECRET}')
    result = CliRunner().invoke(app, ["seed", str(file)])
    assert result.exit_code == 2
    assert result.stderr.startswith(f"{file}: the file: Invalid JSON")
    assert SECRET not in result.output


def test_a_seed_the_database_has_no_place_for_is_refused(
    database_url: str, tmp_path: Path, config: str
) -> None:
    ended = run(database_url, "seed", seed_file(tmp_path, links=[link()]), config=config)
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith("the database refuses a row of user_link: ")
    assert SECRET not in line


@pytest.mark.parametrize("text", ["no-value", "=1", "key="])
def test_dynamic_configuration_must_have_key_and_value(text: str) -> None:
    result = CliRunner().invoke(app, ["up", "--temporal-dynamic", text])
    assert result.exit_code == 2
    assert "KEY=VALUE" in result.stderr


def ui(*options: str, **env: str) -> Result:
    bare: dict[str, str | None] = {"TEMPORAL_UI_URL": None, "TEMPORAL_NAMESPACE": None}
    return CliRunner().invoke(app, ["ui", *options], env=bare | env)


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder without a `muster up` of the developer's."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def links(result: Result) -> list[str]:
    assert result.exit_code == 0, result.output
    return [line.strip() for line in result.stdout.splitlines() if line.strip().startswith("http")]


@pytest.mark.usefixtures("elsewhere")
def test_the_ready_queries_are_printed_whole_with_their_links() -> None:
    result = ui()
    for query, link in zip(ready_queries(), links(result), strict=True):
        assert f"{query.title}  {query.query}\n  {link}\n" in result.stdout
        assert link == f"http://127.0.0.1:8233{query.path}"
        assert parse_qs(urlsplit(link).query) == {"query": [query.query]}


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_ui_is_where_the_option_says_or_else_the_environment(slash: str) -> None:
    env = {"TEMPORAL_UI_URL": f"https://temporal.example/ui{slash}", "TEMPORAL_NAMESPACE": "muster"}
    there, elsewhere = links(ui(**env)), links(ui("--address", "http://127.0.0.1:9", **env))
    assert all(link.startswith("https://temporal.example/ui/namespaces/muster/workflows?") for link in there)
    assert all(link.startswith("http://127.0.0.1:9/namespaces/muster/workflows?") for link in elsewhere)


@pytest.mark.parametrize("kind", [".", "empty"])
def test_the_links_lead_to_the_stack_that_runs_here(elsewhere: Path, kind: str) -> None:
    folder = DataFolder(elsewhere / ".muster" / kind)
    with folder.locked():
        folder.write_temporal_ui("http://127.0.0.1:29999")
        assert links(ui())[0].startswith("http://127.0.0.1:29999/namespaces/")
        assert links(ui("--address", "http://127.0.0.1:9"))[0].startswith("http://127.0.0.1:9/")
    assert links(ui())[0].startswith("http://127.0.0.1:8233/"), "of a stack that has ended"


def test_the_links_lead_to_the_stack_of_the_folder_that_is_named(elsewhere: Path) -> None:
    one, other = (DataFolder(elsewhere / name) for name in ("one", "other"))
    with one.locked(), other.locked():
        one.write_temporal_ui("http://127.0.0.1:21111")
        other.write_temporal_ui("http://127.0.0.1:22222")
        assert links(ui("--data", "other"))[0].startswith("http://127.0.0.1:22222/")
    ended = ui("--data", "other")
    assert ended.exit_code == 2
    assert f"runs on {elsewhere / 'other'}" in ended.stderr


def test_a_folder_that_is_named_counts_before_what_the_shell_says_of_another_server(elsewhere: Path) -> None:
    folder, shell = DataFolder(elsewhere / "one"), {"TEMPORAL_NAMESPACE": "prod"}
    cloud = shell | {"TEMPORAL_UI_URL": "https://cloud.example"}
    with folder.locked():
        folder.write_temporal_ui("http://127.0.0.1:21111")
        here = "http://127.0.0.1:21111/namespaces"
        assert links(ui("--data", "one", **cloud))[0].startswith(f"{here}/default/")
        assert links(ui("--data", "one", "--namespace", "mine", **cloud))[0].startswith(f"{here}/mine/")
        both = ui("--data", "one", "--address", "http://127.0.0.1:9", **cloud)
        assert links(both)[0].startswith("http://127.0.0.1:9/namespaces/prod/")
    assert ui("--data", "one", **cloud).exit_code == 2, "of a stack that has ended"


def test_the_shells_namespace_is_not_that_of_the_stack_that_runs_here(elsewhere: Path) -> None:
    folder = DataFolder(elsewhere / ".muster")
    with folder.locked():
        folder.write_temporal_ui("http://127.0.0.1:29999")
        assert links(ui(TEMPORAL_NAMESPACE="prod"))[0].startswith(
            "http://127.0.0.1:29999/namespaces/default/"
        )
    assert links(ui(TEMPORAL_NAMESPACE="prod"))[0].startswith("http://127.0.0.1:8233/namespaces/prod/")


def test_the_links_are_printed_where_the_sandbox_is_not_installed(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sandbox.up.servers.data_folder", None)
    assert links(ui("--data", str(elsewhere)))[0].startswith("http://127.0.0.1:8233/")


def test_a_namespace_is_one_segment_of_the_link() -> None:
    (first, *_) = links(ui("--namespace", "a/b?c"))
    assert "/namespaces/a%2Fb%3Fc/workflows?" in first


@pytest.mark.parametrize(
    "address", ["127.0.0.1:8233", "ftp://127.0.0.1", "http://", "http://[::1", "http://x?y"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    result = ui(TEMPORAL_UI_URL=address)
    assert result.exit_code == 2
    assert "TEMPORAL_UI_URL" in result.stderr
    assert not result.stdout


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize(("there_is_one", "code"), [(True, 0), (False, 1)])
def test_a_browser_opens_only_when_asked_for(
    there_is_one: bool, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def open_in_browser(url: str) -> bool:
        opened.append(url)
        return there_is_one

    monkeypatch.setattr("webbrowser.open", open_in_browser)
    first, *_ = links(ui())
    assert opened == []
    result = ui("--open")
    assert (opened, result.exit_code) == ([first], code)
    assert ("no browser" in result.stderr) is not there_is_one


@pytest.mark.anyio
@pytest.mark.parametrize("query", [pytest.param(query.query, id=query.title) for query in ready_queries()])
async def test_temporal_understands_a_ready_query(query: str, client: Client) -> None:
    assert (await client.count_workflows(query)).count >= 0


@pytest.mark.anyio
async def test_open_incidents_are_those_that_are_not_resolved(client: Client) -> None:
    """A run whose incident is resolved still runs: it stays for its grace."""
    (open_incidents,) = (query.query for query in ready_queries() if query.title == "Open incidents")
    queue = f"nobody-{uuid.uuid4()}"
    names = {status: f"{status}-{queue}" for status in (None, "triggered", "acknowledged", "resolved")}
    for status, name in names.items():
        await client.start_workflow(
            CHANNEL_INCIDENT.name,
            id=name,
            task_queue=queue,
            search_attributes=typed({INCIDENT_STATUS: status}),
        )
    ours = f"{open_incidents} AND TaskQueue = '{queue}'"

    async def are_listed() -> bool:
        listed = {run.id async for run in client.list_workflows(ours)}
        return listed == {name for status, name in names.items() if status != "resolved"}

    async def are_visible() -> bool:
        return (await client.count_workflows(f"TaskQueue = '{queue}'")).count == len(names)

    try:
        await eventually(are_visible)
        await eventually(are_listed)
    finally:
        for name in names.values():
            await client.get_workflow_handle(name).terminate()


def test_every_list_of_what_goes_on_leaves_out_what_ended() -> None:
    """Only failed runs are looked for among those that are over."""
    for query in ready_queries():
        assert ("ExecutionStatus = 'Running'" in query.query) is (query.title != "Failed runs")


def test_the_start_page_gets_the_same_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Options] = []
    monkeypatch.setattr("sandbox.up.main.up", asked.append)
    CliRunner().invoke(app, ["up"], catch_exceptions=False)
    shown = [(link.title, link.description, link.url) for link in asked[0].queries]
    assert shown == [tuple(query) for query in ready_queries()]


def options_of_up(monkeypatch: pytest.MonkeyPatch, *options: str, **env: str) -> Options:
    asked: list[Options] = []
    monkeypatch.setattr("sandbox.up.main.up", asked.append)
    result = CliRunner().invoke(app, ["up", *options], env=env, catch_exceptions=False)
    assert asked, result.output
    return asked[0]


def test_a_configured_place_of_the_api_is_obeyed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bare = options_of_up(monkeypatch)
    assert (bare.api_host, bare.configured_ports, bare.real) == (None, {}, None)
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "muster_worker_health_port").write_text("18081")
    given = options_of_up(
        monkeypatch, MUSTER_HOST="0.0.0.0", MUSTER_PORT="18080", MUSTER_SECRETS_DIR=str(secrets)
    )
    assert given.api_host == "0.0.0.0"
    assert given.configured_ports == {"api_port": 18080, "worker_health_port": 18081}
    assert options_of_up(monkeypatch, MUSTER_PORT="0").configured_ports == {}


def test_the_folder_that_muster_up_chooses_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = options_of_up(monkeypatch, "--empty", "--playground")
    assert (chosen.data, chosen.folder_of_data) == (Path(".muster/empty-playground"), Path(".muster"))
    assert options_of_up(monkeypatch, "--empty", "--data", "x").folder_of_data is None


def test_files_of_secrets_count_as_the_variables_of_their_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    files = {
        "database_url": "postgresql://127.0.0.1/of_a_file\n",
        "muster_keys": KEYS,
        "muster_config": config_file(tmp_path),
        "temporal_address": "127.0.0.1:1",
        "muster_proxy": "",
        "muster_grace": "7",
        "of_somebody_else": "x",
    }
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    for name, text in files.items():
        (secrets / name).write_text(text)
    asked = options_of_up(
        monkeypatch, MUSTER_SECRETS_DIR=str(secrets), temporal_address="127.0.0.1:2", MUSTER_GRACE=""
    )
    assert asked.real is not None
    told = {
        name: value for name, value in asked.shell.items() if name.lower() in {*files, "muster_secrets_dir"}
    }
    assert told == {
        "DATABASE_URL": "postgresql://127.0.0.1/of_a_file",
        "MUSTER_KEYS": KEYS,
        "MUSTER_CONFIG": files["muster_config"],
        "TEMPORAL_ADDRESS": "127.0.0.1:2",
        "MUSTER_GRACE": "7",
    }


@pytest.mark.parametrize("nothing", ["", " "])
def test_a_configuration_that_names_no_file_leaves_the_simulators(
    nothing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = options_of_up(monkeypatch, MUSTER_CONFIG=nothing)
    assert asked.real is None
    assert "MUSTER_CONFIG" not in asked.shell


def test_real_registrations_are_named_with_their_addresses(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "muster.toml"
    config.write_text(
        f'[[teams]]\ntenant = "{UUID}"\napp_id = "{UUID}"\napp_secret = "{SECRET}"\n'
        f'[[pagerduty]]\nsubdomain = "example"\nregion = "eu"\nclient_id = "c"\nclient_secret = "{SECRET}"\n'
    )
    real = options_of_up(monkeypatch, MUSTER_CONFIG=str(config)).real
    assert real is not None
    assert real.names == [f"Teams tenant {UUID}", "PagerDuty account example (eu)"]
    assert [address.url for address in real.addresses] == [
        "/api/messages",
        "/oauth/microsoft/callback",
        "/webhooks/pagerduty/example",
        "/oauth/pagerduty/callback",
    ]


def test_a_wrong_file_is_refused_before_anything_starts(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = elsewhere / "muster.toml"
    config.write_text('[[pagerduty]]\nsubdomain = "example"\n')
    result = CliRunner().invoke(app, ["up"], env={"MUSTER_CONFIG": str(config)})
    assert result.exit_code == 2
    assert "client_id" in result.stderr
    assert [entry.name for entry in elsewhere.iterdir()] == ["muster.toml"], "nothing was started"
