"""A wrong address of the database is one line that names its variable, without the password."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from muster.cli.main import app
from muster.settings import load_settings
from tests.support.settings import KEYS

SECRET = "do-not-show"
ADDRESS = f"postgresql://muster:{SECRET}@127.0.0.1:1/muster"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    for name in ("MUSTER_CONFIG", "MUSTER_DATABASE_POOLER", "MUSTER_MIGRATE_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABASE_URL", ADDRESS)
    monkeypatch.setenv("MUSTER_KEYS", KEYS)
    monkeypatch.chdir(tmp_path)
    return monkeypatch


@pytest.mark.parametrize("command", [["serve"], ["worker"], ["migrate"], ["seed", "/dev/null"], ["up"]])
@pytest.mark.parametrize(
    ("variables", "line"),
    [
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL: it has to begin with postgresql://"),
        (
            {"DATABASE_URL": f"{ADDRESS}?colour={SECRET}"},
            "DATABASE_URL: nobody here knows the parameter 'colour': leave it out",
        ),
        (
            {"MUSTER_MIGRATE_DATABASE_URL": f"{ADDRESS}?sslmode={SECRET}"},
            "MUSTER_MIGRATE_DATABASE_URL: sslmode is one of disable, allow, prefer, require, verify-ca,"
            " verify-full",
        ),
        (
            {"MUSTER_DATABASE_POOLER": "statement"},
            "MUSTER_DATABASE_POOLER: Input should be 'none' or 'transaction'",
        ),
        (
            {"MUSTER_DATABASE_POOLER": "transaction", "DATABASE_URL": f"{ADDRESS}?search_path=x"},
            "MUSTER_DATABASE_POOLER: a pooler loses search_path, which DATABASE_URL asks for: set it for the"
            " role (ALTER ROLE … SET)",
        ),
    ],
)
def test_a_wrong_address_is_a_line(
    command: list[str], variables: dict[str, str], line: str, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in variables.items():
        environment.setenv(name, value)
    result = CliRunner().invoke(app, command)
    assert (result.exit_code, result.stderr) == (2, f"configuration: {line}\n")
    assert not list(tmp_path.iterdir()), "nothing was started"


def test_migrations_by_a_declared_pooler_need_an_address_of_their_own(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("MUSTER_DATABASE_POOLER", "transaction")
    result = CliRunner().invoke(app, ["migrate"])
    assert result.exit_code == 1
    assert "set MUSTER_MIGRATE_DATABASE_URL to the database's own address" in result.stderr


def test_addresses_may_be_files(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.delenv("DATABASE_URL")
    environment.setenv("MUSTER_SECRETS_DIR", str(tmp_path))
    environment.setenv("MUSTER_DATABASE_POOLER", "transaction")
    (tmp_path / "database_url").write_text(f"{ADDRESS}\n")
    (tmp_path / "muster_migrate_database_url").write_text(f"{ADDRESS}?sslmode=require\n")
    settings = load_settings()
    assert settings.database.pooled
    assert settings.migrate_database_url is not None
    assert settings.migrate_database_url.sslmode == "require"
    assert SECRET not in repr(settings)
