"""Settings: read once, complete or refused, and silent about secrets."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from muster.settings import PagerDutyAccount, Settings, load_settings
from muster.store.database_url import parse_database_url

DATABASE = "postgresql://muster:hunter2@db/muster"
ACCOUNT = {"subdomain": "acme", "client_id": "client", "client_secret": "s3cret"}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Only what a process cannot do without."""
    for name in ("TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "MUSTER_CONFIG", "MUSTER_SECRETS_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABASE_URL", DATABASE)
    monkeypatch.setenv("MUSTER_KEYS", "k1:AAAA")
    return monkeypatch


def configured(folder: Path, environment: pytest.MonkeyPatch, text: str) -> Settings:
    file = folder / "muster.toml"
    file.write_text(text)
    environment.setenv("MUSTER_CONFIG", str(file))
    return load_settings()


def account(**changes: Any) -> PagerDutyAccount:
    return PagerDutyAccount.model_validate(ACCOUNT | changes)


@pytest.mark.parametrize(
    ("region", "address"), [("us", "https://api.pagerduty.com"), ("eu", "https://api.eu.pagerduty.com")]
)
@pytest.mark.parametrize("given", [{}, {"api_url": ""}])
def test_the_rest_api_is_that_of_the_region(region: Any, address: str, given: dict[str, str]) -> None:
    assert account(region=region, **given).api_url == address
    made = PagerDutyAccount(
        subdomain="acme", client_id="client", client_secret="s3cret", region=region, **given
    )
    assert made == account(region=region)


def test_an_address_of_ones_own_stays() -> None:
    assert account(region="eu", api_url="http://127.0.0.1:8092").api_url == "http://127.0.0.1:8092"


@pytest.mark.parametrize("region", ["mars", ["us"], None])
def test_a_wrong_region_is_the_only_complaint(region: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        account(region=region)
    assert [problem["loc"] for problem in refused.value.errors()] == [("region",)]


def test_a_process_needs_a_database_and_keys(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("DATABASE_URL")
    environment.delenv("MUSTER_KEYS")
    with pytest.raises(ValidationError) as refused:
        load_settings()
    assert {problem["loc"] for problem in refused.value.errors()} == {("DATABASE_URL",), ("keys",)}


def test_secrets_may_be_files(tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    environment.delenv("DATABASE_URL")
    environment.delenv("MUSTER_KEYS")
    (tmp_path / "database_url").write_text(f"{DATABASE}\n")
    (tmp_path / "muster_keys").write_text("k2:BBBB\n")
    environment.setenv("MUSTER_SECRETS_DIR", str(tmp_path))
    settings = load_settings()
    assert settings.database_url == parse_database_url(DATABASE)
    assert settings.keys.get_secret_value() == "k2:BBBB"


def test_a_variable_is_stronger_than_a_file(tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    (tmp_path / "muster_keys").write_text("k2:BBBB")
    environment.setenv("MUSTER_SECRETS_DIR", str(tmp_path))
    assert load_settings().keys.get_secret_value() == "k1:AAAA"


@pytest.mark.parametrize("given", ["WARNING", "warning", "Warning"])
def test_a_level_may_be_in_small_letters(environment: pytest.MonkeyPatch, given: str) -> None:
    environment.setenv("MUSTER_LOG_LEVEL", given)
    assert load_settings().log_level == "WARNING"


@pytest.mark.parametrize("given", ["", "nonsense", "10"])
def test_an_unknown_level_is_refused(environment: pytest.MonkeyPatch, given: str) -> None:
    environment.setenv("MUSTER_LOG_LEVEL", given)
    with pytest.raises(ValidationError, match="'DEBUG', 'INFO', 'WARNING', 'ERROR' or 'CRITICAL'"):
        load_settings()


def test_settings_show_no_secret() -> None:
    shown = repr(load_settings())
    assert "hunter2" not in shown
    assert "AAAA" not in shown
    assert "s3cret" not in repr(account())


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load_settings().port = 1  # type: ignore[misc]


def test_without_a_file_nothing_is_configured() -> None:
    assert (load_settings().teams, load_settings().accounts) == ({}, {})


def test_a_file_lists_registrations_and_accounts(tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    settings = configured(
        tmp_path,
        environment,
        """
        [[teams]]
        tenant = "tenant-1"
        app_id = "app-1"
        app_secret = "one"
        [[pagerduty]]
        subdomain = "acme"
        client_id = "client"
        client_secret = "two"
        [[pagerduty]]
        subdomain = "emca"
        region = "eu"
        client_id = "client"
        client_secret = "three"
        """,
    )
    assert settings.teams["tenant-1"].app_secret.get_secret_value() == "one"
    assert list(settings.accounts) == ["acme", "emca"]
    assert settings.accounts["emca"].api_url == "https://api.eu.pagerduty.com"


TWO_SECRETS = """
[[pagerduty]]
subdomain = "acme"
client_id = "env:CLIENT"
client_secret = "file:secret.txt"
"""


def test_a_value_may_be_elsewhere(tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("CLIENT", "from-the-environment")
    (tmp_path / "secret.txt").write_text("from-a-file\n")
    found = configured(tmp_path, environment, TWO_SECRETS).accounts["acme"]
    assert found.client_id == "from-the-environment"
    assert found.client_secret.get_secret_value() == "from-a-file"


def test_a_value_that_is_not_there_is_named(tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    environment.delenv("CLIENT", raising=False)
    settings = configured(tmp_path, environment, TWO_SECRETS)
    with pytest.raises(ValueError, match="environment variable CLIENT, which is not set"):
        _ = settings.accounts
    environment.setenv("CLIENT", "x")
    with pytest.raises(FileNotFoundError, match=r"secret\.txt"):
        _ = settings.accounts


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[[team]]\ntenant = 'hunter2'", "team\n  Extra inputs are not permitted"),
        (
            2 * "[[teams]]\ntenant = 't'\napp_id = 'a'\napp_secret = 'hunter2'\n",
            "two tables have the tenant t",
        ),
        (
            2 * "[[pagerduty]]\nsubdomain = 'acme'\nclient_id = 'c'\nclient_secret = 'hunter2'\n",
            "two tables have the subdomain acme",
        ),
    ],
)
def test_a_table_nobody_reads_or_that_is_there_twice_is_refused(
    tmp_path: Path, environment: pytest.MonkeyPatch, text: str, complaint: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        _ = configured(tmp_path, environment, text).teams
    assert complaint in str(refused.value)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("unknown", ["colour = 'red'", "api_key = 'x'"])
def test_a_level_nobody_knows_is_refused(
    tmp_path: Path, environment: pytest.MonkeyPatch, unknown: str
) -> None:
    (tmp_path / "secret.txt").write_text("x")
    environment.setenv("CLIENT", "x")
    settings = configured(tmp_path, environment, TWO_SECRETS + unknown)
    with pytest.raises(ValidationError, match="not permitted"):
        _ = settings.accounts


@pytest.mark.parametrize(
    ("text", "hosts"),
    [("a.example", ("a.example",)), (" a.example , .b.example ,", ("a.example", ".b.example")), ("", ())],
)
def test_allowed_hosts_are_a_list(environment: pytest.MonkeyPatch, text: str, hosts: tuple[str, ...]) -> None:
    environment.setenv("MUSTER_SERVICE_HOSTS", text)
    assert load_settings().service_hosts == hosts


def test_times_come_from_the_environment(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("MUSTER_EDIT_INTERVAL", "0.2")
    environment.setenv("MUSTER_GRACE", "7")
    settings = load_settings()
    assert (settings.edit_interval, settings.grace) == (0.2, 7)


@pytest.mark.parametrize("name", ["MUSTER_EDIT_INTERVAL", "MUSTER_GRACE"])
def test_no_time_runs_backwards(environment: pytest.MonkeyPatch, name: str) -> None:
    environment.setenv(name, "-1")
    with pytest.raises(ValidationError):
        load_settings()
