"""A configuration that cannot work refuses to start: a line that names the file and the key, and no value."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from muster.cli.main import app
from tests.support.settings import CONFIG, KEYS, config_file

SECRET = "do-not-show"
TEAMS, PAGERDUTY = CONFIG.split("[[pagerduty]]")[0], "[[pagerduty]]" + CONFIG.split("[[pagerduty]]")[1]
UUID = "it must be a UUID: 8-4-4-4-12 hexadecimal digits"
SUBDOMAIN = "it must be the account's subdomain alone: the part before .pagerduty.com"
NO_TOML = "it is not TOML: a text stands between quotes, and each key on a line of its own"

Start = Callable[..., list[str]]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Start:
    """The lines with which `serve` refuses to start with these variables."""

    def start(command: str = "serve", **variables: str) -> list[str]:
        usual = {"DATABASE_URL": f"postgresql://u:{SECRET}@127.0.0.1:1/x", "MUSTER_KEYS": KEYS}
        monkeypatch.delenv("MUSTER_CONFIG", raising=False)
        for name, value in (usual | variables).items():
            monkeypatch.setenv(name, value)
        result = CliRunner().invoke(app, [command])
        assert result.exit_code == 2, result.output
        assert SECRET not in result.output
        assert "Traceback" not in result.output
        return result.stderr.splitlines()

    return start


def changed(key: str, value: str) -> str:
    """The configuration with another line for the key in its first table."""
    (line,) = [line for line in CONFIG.splitlines() if line.startswith(f"{key} =")][:1]
    return CONFIG.replace(line, f"{key} = {value}", 1)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "there is no table [[teams]] and no table [[pagerduty]]"),
        ("# nothing yet\n", "there is no table [[teams]] and no table [[pagerduty]]"),
        ("teams = []\npagerduty = []\n", "there is no table [[teams]] and no table [[pagerduty]]"),
        (PAGERDUTY, "there is no table [[teams]]"),
        (TEAMS, "there is no table [[pagerduty]]"),
        (changed("app_secret", '""'), "teams.0.app_secret: it is empty"),
        (changed("app_secret", '"  "'), "teams.0.app_secret: it is empty"),
        (changed("app_secret", "5"), "teams.0.app_secret: it must be a text"),
        (changed("client_secret", '"file:/dev/null"'), "pagerduty.0.client_secret: it is empty"),
        (changed("client_secret", '"env:EMPTY"'), "pagerduty.0.client_secret: it is empty"),
        (changed("client_id", '""'), "pagerduty.0.client_id: it is empty"),
        (changed("subdomain", '""'), f"pagerduty.0.subdomain: {SUBDOMAIN}"),
        (changed("subdomain", '"acme.pagerduty.com"'), f"pagerduty.0.subdomain: {SUBDOMAIN}"),
        (changed("subdomain", '"https://acme.pagerduty.com"'), f"pagerduty.0.subdomain: {SUBDOMAIN}"),
        (changed("subdomain", '"ac me"'), f"pagerduty.0.subdomain: {SUBDOMAIN}"),
        (changed("subdomain", "5"), f"pagerduty.0.subdomain: {SUBDOMAIN}"),
        (changed("tenant", '"acme.onmicrosoft.com"'), f"teams.0.tenant: {UUID}"),
        (changed("tenant", '""'), f"teams.0.tenant: {UUID}"),
        (changed("app_id", f'"{SECRET}"'), f"teams.0.app_id: {UUID}"),
        (
            f"{TEAMS}cloud = 'moon'\n{PAGERDUTY}",
            "teams.0.cloud: Input should be 'public', 'gcc', 'gcc-high' or 'dod'",
        ),
        (
            f"{CONFIG}api_url = 'api.pagerduty.com'",
            "pagerduty.0.api_url: it must be an address, such as https://host",
        ),
        (
            f"{CONFIG}identity_url = ''",
            "pagerduty.0.identity_url: it must be an address, such as https://host",
        ),
        (
            changed("app_secret", '"env:NOT_SET"'),
            "teams.0.app_secret: the environment variable NOT_SET is not set",
        ),
        (
            changed("app_secret", '"file:nowhere"'),
            "teams.0.app_secret: the file FOLDER/nowhere cannot be read: No such file or directory",
        ),
        (
            changed("app_secret", '"file:."'),
            "teams.0.app_secret: the file FOLDER cannot be read: Is a directory",
        ),
        (
            f"{CONFIG}client_secrets = '{SECRET}'",
            "pagerduty.0.client_secrets: nothing reads this key: is client_secret meant?",
        ),
        (CONFIG.replace("[[teams]]", "[[team]]"), "team: nothing reads this key: is teams meant?"),
        (
            CONFIG.replace("[[teams]]", "[teams]"),
            "teams: it must be a list: in TOML each of its tables begins with [[teams]]",
        ),
        (
            f"teams = ['{SECRET}']\n{PAGERDUTY}",
            "teams.0: it must be a table: in TOML it begins with [[teams]]",
        ),
        (
            CONFIG + TEAMS.replace("8f0c", "8F0C"),
            "teams: two tables have the tenant 8f0c1f5e-0000-4000-8000-000000000001",
        ),
        (CONFIG + PAGERDUTY.replace("acme", "Acme"), "pagerduty: two tables have the subdomain acme"),
        (changed("app_secret", SECRET), f"line 5, app_secret: {NO_TOML}"),
        (changed("app_secret", f'"{SECRET}'), f"line 5, app_secret: {NO_TOML}"),
        (f"{CONFIG}client_id = '{SECRET}'", f"line 10, client_id: {NO_TOML}"),
        (f"{SECRET} = = 1", f"line 1: {NO_TOML}"),
        (f"[[teams]\ntenant = '{SECRET}'", f"line 1: {NO_TOML}"),
    ],
)
def test_a_file_that_cannot_work_is_a_line_with_its_key(
    start: Start, tmp_path: Path, text: str, complaint: str
) -> None:
    file = config_file(tmp_path, text)
    (line,) = start(MUSTER_CONFIG=file, EMPTY="")
    assert line == f"configuration: {file}: {complaint.replace('FOLDER', str(tmp_path))}"


def test_a_byte_order_mark_spoils_nothing(start: Start, tmp_path: Path) -> None:
    file = config_file(tmp_path, "\ufeff" + TEAMS)
    assert start(MUSTER_CONFIG=file) == [f"configuration: {file}: there is no table [[pagerduty]]"]


@pytest.mark.parametrize("command", ["serve", "worker", "check", "up"])
@pytest.mark.parametrize(
    ("text", "lacks"),
    [
        ("", "there is no table [[teams]] and no table [[pagerduty]]"),
        (PAGERDUTY, "there is no table [[teams]]"),
        (TEAMS, "there is no table [[pagerduty]]"),
    ],
)
def test_no_command_that_calls_others_takes_a_file_that_lacks_a_side(
    start: Start, tmp_path: Path, command: str, text: str, lacks: str
) -> None:
    file = config_file(tmp_path, text)
    assert start(command, MUSTER_CONFIG=file) == [f"configuration: {file}: {lacks}"]


@pytest.mark.parametrize("command", ["serve", "worker", "check"])
@pytest.mark.parametrize("given", [{}, {"MUSTER_CONFIG": ""}])
def test_no_file_at_all_is_named_by_its_variable(start: Start, command: str, given: dict[str, str]) -> None:
    (line,) = start(command, **given)
    assert line.startswith("configuration: MUSTER_CONFIG: it is missing: it names muster.toml, which lists ")


def test_a_file_that_is_a_folder_or_no_text_is_named(start: Start, tmp_path: Path) -> None:
    assert start(MUSTER_CONFIG=str(tmp_path)) == [
        f"configuration: {tmp_path}: it cannot be read: Is a directory"
    ]
    file = tmp_path / "muster.toml"
    file.write_bytes(b"\xff\xfe")
    assert start(MUSTER_CONFIG=str(file)) == [f"configuration: {file}: it is not UTF-8"]


@pytest.mark.parametrize("command", ["serve", "worker", "migrate"])
@pytest.mark.parametrize(
    ("variables", "complaint"),
    [
        ({"MUSTER_PROXY": f"ada:{SECRET}@proxy:3128"}, "MUSTER_PROXY: it must be http://host:port, where "),
        ({"MUSTER_PORT": SECRET}, "MUSTER_PORT: Input should be a valid integer"),
        ({"MUSTER_CA_FILE": "/nowhere.pem"}, "MUSTER_CA_FILE: /nowhere.pem cannot be read: No such file"),
        ({"MUSTER_CA_FILE": "/dev/null"}, "MUSTER_CA_FILE: there is no certificate (PEM) in /dev/null"),
        (
            {"MUSTER_MICROSOFT_AUTHORITY": "login.example"},
            "MUSTER_MICROSOFT_AUTHORITY: it must be an address",
        ),
        ({"MUSTER_PUBLIC_URL": "muster.example"}, "MUSTER_PUBLIC_URL: it must be an address, such as"),
        ({"MUSTER_SERVICE_HOSTS": "good.example,*.x.com"}, "MUSTER_SERVICE_HOSTS: it must be the names of"),
        ({"TEMPORAL_ADDRESS": "http://x:7233"}, "TEMPORAL_ADDRESS: it must be host:port, such as "),
        ({"MUSTER_GRACE": "inf"}, "MUSTER_GRACE: Input should be a finite number"),
        ({"MUSTER_HOST": "a" * 64}, "MUSTER_HOST: it must be the name of a host or an IP address"),
        ({"MUSTER_BOT_METADATA_URL": "x"}, "MUSTER_BOT_METADATA_URL: it must be an address"),
        ({"MUSTER_SECRETS_DIR": "/nowhere"}, "MUSTER_SECRETS_DIR: the folder /nowhere is not there"),
        ({"MUSTER_KEYS": ""}, "MUSTER_KEYS: it is missing"),
    ],
)
def test_a_variable_that_cannot_work_is_a_line_with_its_name(
    start: Start, tmp_path: Path, command: str, variables: dict[str, str], complaint: str
) -> None:
    (line,) = start(command, MUSTER_CONFIG=config_file(tmp_path), **variables)
    assert line.startswith(f"configuration: {complaint}")


@pytest.mark.parametrize("command", ["serve", "worker", "migrate", "check", "up"])
@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"\xff\xfe" + SECRET.encode(), "is not UTF-8"),
        (None, "cannot be read: Is a directory"),
    ],
)
def test_a_file_of_a_secret_that_cannot_be_read_is_named(
    start: Start, tmp_path: Path, command: str, content: bytes | None, complaint: str
) -> None:
    file = tmp_path / "secrets" / "muster_keys"
    file.parent.mkdir()
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    variables = {"MUSTER_KEYS": "", "MUSTER_SECRETS_DIR": str(file.parent)}
    assert start(command, MUSTER_CONFIG=config_file(tmp_path), **variables) == [
        f"configuration: MUSTER_SECRETS_DIR: the file {file} {complaint}"
    ]


def test_a_file_of_secrets_in_place_of_their_folder_is_named(start: Start, tmp_path: Path) -> None:
    file = config_file(tmp_path)
    assert start(MUSTER_SECRETS_DIR=file) == [
        f"configuration: MUSTER_SECRETS_DIR: the folder {file} cannot be read: Not a directory"
    ]


@pytest.mark.parametrize("command", ["serve", "up"])
def test_a_folder_in_place_of_the_file_is_named(start: Start, command: str) -> None:
    assert start(command, MUSTER_CONFIG=".") == ["configuration: .: it cannot be read: Is a directory"]


@pytest.mark.parametrize("command", ["serve", "worker", "migrate", "check"])
@pytest.mark.parametrize(
    ("missing", "written"), [("MUSTER_KEYS", "MUSTER_KEY"), ("MUSTER_CONFIG", "MUSTER_CONFG")]
)
def test_a_variable_that_is_missing_is_found_under_its_wrong_name(
    start: Start, tmp_path: Path, command: str, missing: str, written: str
) -> None:
    variables = {"MUSTER_CONFIG": config_file(tmp_path), missing: "", written: SECRET}
    if (missing, command) == ("MUSTER_CONFIG", "migrate"):
        variables["MUSTER_KEYS"] = ""  # it needs no file: something else is refused
    unknown, refused = start(command, **variables)
    assert unknown == f"configuration: nothing reads the variable {written}: is {missing} meant?"
    assert "it is missing" in refused


def test_up_names_a_variable_that_nothing_reads_where_it_refuses_to_start(start: Start) -> None:
    unknown, refused = start("up", MUSTER_PROT="8081", MUSTER_PORT="none")
    assert unknown == "configuration: nothing reads the variable MUSTER_PROT: is MUSTER_PORT meant?"
    assert refused.startswith("configuration: MUSTER_PORT: ")


def test_migrate_says_which_variable_nothing_reads(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/x")
    monkeypatch.setenv("MUSTER_KEYS", KEYS)
    monkeypatch.setenv("MUSTER_PROXXY", SECRET)
    result = CliRunner().invoke(app, ["migrate", "--wait-timeout", "1"])
    assert result.stderr.splitlines()[0] == (
        "configuration: nothing reads the variable MUSTER_PROXXY: is MUSTER_PROXY meant?"
    )
    assert SECRET not in result.output
