"""The command says what is wrong with the configuration, and never a value of it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from muster.cli import app

SECRET = "do-not-show"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "MUSTER_KEYS", "MUSTER_CONFIG"):
        monkeypatch.delenv(name, raising=False)


def test_every_missing_variable_has_its_line() -> None:
    result = CliRunner().invoke(app, ["serve"])
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        "configuration: DATABASE_URL: Field required",
        "configuration: MUSTER_KEYS: Field required",
    ]


def test_a_wrong_table_of_the_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "muster.toml"
    config.write_text(f'[[pagerduty]]\nsubdomain = "acme"\nregion = "mars"\nclient_secret = "{SECRET}"\n')
    monkeypatch.setenv("MUSTER_CONFIG", str(config))
    monkeypatch.setenv("DATABASE_URL", f"postgresql://u:{SECRET}@127.0.0.1/muster")
    monkeypatch.setenv("MUSTER_KEYS", SECRET)

    result = CliRunner().invoke(app, ["worker"])
    assert result.exit_code == 2
    assert "MUSTER_CONFIG, PagerDutyAccount region: Input should be 'us' or 'eu'" in result.stderr
    assert "MUSTER_CONFIG, PagerDutyAccount client_id: Field required" in result.stderr
    assert SECRET not in result.output


def test_a_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSTER_CONFIG", "/nowhere/muster.toml")
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1/muster")
    monkeypatch.setenv("MUSTER_KEYS", SECRET)
    result = CliRunner().invoke(app, ["migrate"])
    assert result.exit_code == 2
    assert "/nowhere/muster.toml" in result.stderr


@pytest.mark.parametrize("text", ["no-value", "=1", "key="])
def test_dynamic_configuration_must_have_key_and_value(text: str) -> None:
    result = CliRunner().invoke(app, ["up", "--temporal-dynamic", text])
    assert result.exit_code == 2
    assert "KEY=VALUE" in result.stderr
