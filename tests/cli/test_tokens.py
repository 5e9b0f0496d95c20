"""`muster tokens`: a token is printed once, acts as a user whom PagerDuty knows, and ends when revoked."""

import re
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner, Result

from muster.cli.main import app
from muster.security.api_tokens import fingerprint_of, is_token
from sandbox.up.servers.ports import free_port
from tests.api.edge import own_logging
from tests.support.registrations import Registrations, running_registrations
from tests.support.settings import KEYS


@pytest.fixture(scope="module")
def registrations(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registrations]:
    with running_registrations(tmp_path_factory.mktemp("registrations")) as running:
        yield running


@pytest.fixture(autouse=True)
def environment(
    registrations: Registrations, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> pytest.MonkeyPatch:
    """That of whoever runs Muster, over an empty database."""
    given = {"DATABASE_URL": database_url, "MUSTER_KEYS": KEYS} | registrations.written()
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def tokens(*arguments: str) -> Result:
    with own_logging():
        return CliRunner().invoke(app, ["tokens", *arguments])


def create(
    *, account: str = "acme", name: str = "PagerDuty workflows", email: str = "ada@acme.example"
) -> Result:
    return tokens("create", "--account", account, "--name", name, "--as", email)


def table() -> list[list[str]]:
    """The cells below the heading."""
    listed = tokens("list")
    assert listed.exit_code == 0
    heading, *lines = listed.stdout.splitlines()
    assert re.split(r"  +", heading) == ["id", "account", "name", "as", "created", "last used", "revoked"]
    return [re.split(r"  +", line) for line in lines]


def test_a_token_is_printed_once_and_listed_without_it() -> None:
    made = create(email="ADA@acme.example")
    token = made.stdout.strip()
    assert (made.exit_code, made.stdout) == (0, f"{token}\n")
    assert is_token(token)
    id, _ = fingerprint_of(token)
    assert made.stderr.startswith(f"tokens: {id} acts as ")
    assert token not in made.stderr
    (row,) = table()
    assert row[:4] == [id, "acme", "PagerDuty workflows", "ada@acme.example"]
    assert row[5:] == ["-", "-"]


def test_a_revoked_token_stays_in_the_list() -> None:
    id, _ = fingerprint_of(create().stdout.strip())
    revoked = tokens("revoke", id)
    assert (revoked.exit_code, revoked.stderr) == (0, f"tokens: {id} is revoked: PagerDuty workflows\n")
    (row,) = table()
    assert re.fullmatch(r"20\d\d-\d\d-\d\d \d\d:\d\dZ", row[6])
    again = tokens("revoke", id)
    assert again.exit_code == 1
    assert again.stderr == f"there is no token {id} that could be used: `muster tokens list` has them all\n"


def test_an_account_sees_its_own() -> None:
    create()
    assert len(tokens("list", "--account", "ACME").stdout.splitlines()) == 2
    assert len(tokens("list", "--account", "emca").stdout.splitlines()) == 1


@pytest.mark.parametrize("email", ["nobody@acme.example", "ada", "acme.example"])
def test_nobody_acts_as_a_user_whom_pagerduty_does_not_know(email: str) -> None:
    refused = create(email=email)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == f"--as: the PagerDuty account acme has no user with the e-mail {email}\n"
    assert table() == []


def test_an_account_is_one_of_the_configuration() -> None:
    refused = create(account="emca")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == "--account: the configuration has no account emca, but acme\n"


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 101])
def test_a_name_can_be_shown(name: str) -> None:
    refused = create(name=name)
    assert refused.exit_code == 1
    assert refused.stderr == "--name: it must have 1 to 100 characters that can be shown\n"


def test_a_pagerduty_that_is_away_is_said(
    registrations: Registrations, environment: pytest.MonkeyPatch
) -> None:
    for name, value in registrations.written(identity=f"http://127.0.0.1:{free_port()}").items():
        environment.setenv(name, value)
    refused = create()
    assert refused.exit_code == 1
    assert refused.stderr.startswith(
        "PagerDuty does not tell who ada@acme.example is: PagerDuty's token endpoint"
    )
    assert refused.stdout == ""
