"""Settings: read once, complete or refused, and silent about secrets."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from muster.config_file import PagerDutyAccount, RoomsTable
from muster.settings import Settings, load_settings
from muster.store.database_url import parse_database_url
from muster.toml_file import FileWrong
from muster.variables import variable

DATABASE = "postgresql://muster:hunter2@db/muster"
TENANT = "8f0c1f5e-0000-4000-8000-00000000000a"
ACCOUNT = {"subdomain": "acme", "client_id": "client", "client_secret": "s3cret"}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Only what a process cannot do without."""
    for name in (
        "TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "MUSTER_CONFIG", "MUSTER_SECRETS_DIR",
        "TENANT_ID", "CLIENT_ID", "CLIENT_SECRET",
    ):  # fmt: skip
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


def test_an_empty_variable_gives_way_to_a_file(tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    (tmp_path / "muster_proxy").write_text("http://ada:p4ss@proxy.example:3128\n")
    environment.setenv("MUSTER_SECRETS_DIR", str(tmp_path))
    environment.setenv("MUSTER_PROXY", "")
    proxy = load_settings().proxy
    assert proxy is not None
    assert proxy.get_secret_value() == "http://ada:p4ss@proxy.example:3128"


def test_a_variable_is_stronger_than_a_file(tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    (tmp_path / "muster_keys").write_text("k2:BBBB")
    environment.setenv("MUSTER_SECRETS_DIR", str(tmp_path))
    assert load_settings().keys.get_secret_value() == "k1:AAAA"


@pytest.mark.parametrize("given", ["WARNING", "warning", "Warning"])
def test_a_level_may_be_in_small_letters(environment: pytest.MonkeyPatch, given: str) -> None:
    environment.setenv("MUSTER_LOG_LEVEL", given)
    assert load_settings().log_level == "WARNING"


@pytest.mark.parametrize("given", ["nonsense", "10"])
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
        tenant = "8F0C1F5E-0000-4000-8000-00000000000A"
        app_id = "8F0C1F5E-0000-4000-8000-00000000000B"
        app_secret = "one"
        [[pagerduty]]
        subdomain = "acme"
        client_id = "client"
        client_secret = "two"
        [[pagerduty]]
        subdomain = "EMCA"
        region = "EU"
        client_id = "client"
        client_secret = "three"
        """,
    )
    assert settings.teams[TENANT].app_secret.get_secret_value() == "one"
    assert settings.teams[TENANT].app_id == TENANT[:-1] + "b"
    assert list(settings.accounts) == ["acme", "emca"]
    assert settings.accounts["emca"].api_url == "https://api.eu.pagerduty.com"


WRITTEN = {"TENANT_ID": TENANT.upper(), "CLIENT_ID": TENANT[:-1] + "b", "CLIENT_SECRET": "hunter2"}
"""What Microsoft's Teams CLI writes."""


@pytest.mark.parametrize("text", [None, "", "teams = []"])
def test_the_teams_cli_writes_a_registration(
    tmp_path: Path, environment: pytest.MonkeyPatch, text: str | None
) -> None:
    for name, value in WRITTEN.items():
        environment.setenv(name, value)
    settings = load_settings() if text is None else configured(tmp_path, environment, text)
    (registration,) = settings.teams.values()
    assert (registration.tenant, registration.app_id) == (TENANT, TENANT[:-1] + "b")
    assert registration.app_secret.get_secret_value() == "hunter2"
    assert (registration.name, registration.cloud) == ("Muster", "public")
    assert "hunter2" not in repr(settings)


def test_the_secret_of_the_teams_cli_may_be_a_file(tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    (tmp_path / "client_secret").write_text("from-a-file\n")
    environment.setenv("MUSTER_SECRETS_DIR", str(tmp_path))
    environment.setenv("TENANT_ID", TENANT)
    environment.setenv("CLIENT_ID", TENANT)
    assert load_settings().teams[TENANT].app_secret.get_secret_value() == "from-a-file"


def test_a_table_of_the_file_is_stronger_than_the_variables(
    tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    for name, value in WRITTEN.items():
        environment.setenv(name, value)
    other = "8f0c1f5e-0000-4000-8000-00000000000c"
    text = f"[[teams]]\ntenant = '{other}'\napp_id = '{other}'\napp_secret = 'env:CLIENT_SECRET'\n"
    settings = configured(tmp_path, environment, text)
    assert list(settings.teams) == [other]
    assert settings.teams[other].app_secret.get_secret_value() == "hunter2"


@pytest.mark.parametrize("left_out", WRITTEN)
@pytest.mark.parametrize("nothing", [None, " "])
def test_two_of_the_three_variables_are_no_registration(
    environment: pytest.MonkeyPatch, left_out: str, nothing: str | None
) -> None:
    for name, value in (WRITTEN | {left_out: nothing}).items():
        if value is not None:
            environment.setenv(name, value)
    assert load_settings().teams == {}


@pytest.mark.parametrize("wrong", ["TENANT_ID", "CLIENT_ID"])
def test_a_variable_of_the_teams_cli_that_is_no_id_is_named(
    environment: pytest.MonkeyPatch, wrong: str
) -> None:
    for name, value in (WRITTEN | {wrong: "hunter3"}).items():
        environment.setenv(name, value)
    with pytest.raises(FileWrong, match=f"^{wrong}: ") as refused:
        _ = load_settings().teams
    assert "hunter" not in str(refused.value)


def test_an_account_may_name_the_tenant_of_the_teams_cli(
    tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    for name, value in WRITTEN.items():
        environment.setenv(name, value)
    text = f"[[pagerduty]]\nsubdomain = 'acme'\nclient_id = 'c'\nclient_secret = 's'\ntenants = ['{TENANT}']"
    assert configured(tmp_path, environment, text).accounts_of(TENANT) == ("acme",)


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
    with pytest.raises(
        FileWrong, match=r"pagerduty\.0\.client_id: the environment variable CLIENT is not set"
    ):
        _ = settings.accounts
    environment.setenv("CLIENT", "x")
    with pytest.raises(
        FileWrong, match=r"client_secret: the file .*secret\.txt cannot be read: No such file"
    ):
        _ = settings.accounts


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[[team]]\ntenant = 'hunter2'", "team\n  Extra inputs are not permitted"),
        (
            "".join(
                f"[[teams]]\ntenant = '{tenant}'\napp_id = '{TENANT}'\napp_secret = 'hunter2'\n"
                for tenant in (TENANT, TENANT.upper())
            ),
            f"two tables have the tenant {TENANT}",
        ),
        (
            "".join(
                f"[[pagerduty]]\nsubdomain = '{name}'\nclient_id = 'c'\nclient_secret = 'hunter2'\n"
                for name in ("acme", "ACME")
            ),
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


ROOMS = f"""
[[teams]]
tenant = "{TENANT}"
app_id = "{TENANT}"
app_secret = "hunter2"
catalog_app = "{TENANT[:-1].upper()}C"
[rooms]
remove = "Leaves"
after = "leave 24h"
"""


def test_a_registration_has_the_catalogs_id_of_its_app_and_rooms_their_table(
    tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    settings = configured(tmp_path, environment, ROOMS)
    assert settings.teams[TENANT].catalog_app == f"{TENANT[:-1]}c"
    assert settings.rooms == RoomsTable(remove="leaves", after="leave 24h")
    assert settings.rooms.leave_after == 24 * 3600


def test_without_them_nobody_knows_the_app_and_everybody_stays(
    tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    text = ROOMS.partition("catalog_app")[0]
    settings = configured(tmp_path, environment, text)
    assert settings.teams[TENANT].catalog_app is None
    assert (settings.rooms.remove, settings.rooms.after, settings.rooms.leave_after) == (
        "stays",
        "stay",
        None,
    )


@pytest.mark.parametrize(
    ("after", "seconds"), [("stay", None), ("leave 1h", 3600.0), ("leave 9999h", 9999 * 3600.0)]
)
def test_when_everybody_leaves_is_told_in_hours(after: str, seconds: float | None) -> None:
    assert RoomsTable(after=after).leave_after == seconds


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("after", "leave"),
        ("after", "leave 0h"),
        ("after", "leave 24"),
        ("after", "leave 1.5h"),
        ("after", "leave -1h"),
        ("after", "leave 10000h"),
        ("after", "leave 24h "),
        ("after", "24h"),
        ("after", ""),
        ("after", 24),
        ("remove", "stay"),
        ("remove", True),
        ("when", "now"),
    ],
)
def test_a_rule_for_rooms_that_nobody_can_follow_is_refused(key: str, value: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        RoomsTable.model_validate({key: value})
    assert [problem["loc"] for problem in refused.value.errors()] == [(key,)]


@pytest.mark.parametrize("wrong", ["hunter3", "com.example.muster", ""])
def test_an_id_of_the_catalog_that_is_none_is_refused(
    tmp_path: Path, environment: pytest.MonkeyPatch, wrong: str
) -> None:
    text = ROOMS.replace(f"{TENANT[:-1].upper()}C", wrong)
    with pytest.raises(ValidationError, match=r"teams\.0\.catalog_app") as refused:
        _ = configured(tmp_path, environment, text).teams
    assert "hunter" not in str(refused.value)


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
    [
        ("a.example", ("a.example",)),
        (" a.example , .b.example ,", ("a.example", ".b.example")),
        ("", None),
        (" , ", None),
    ],
)
def test_allowed_hosts_are_a_list(
    environment: pytest.MonkeyPatch, text: str, hosts: tuple[str, ...] | None
) -> None:
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


@pytest.mark.parametrize(
    "name",
    [
        "MUSTER_CONFIG", "MUSTER_PROXY", "MUSTER_CA_FILE", "MUSTER_BOT_METADATA_URL",
        "MUSTER_MICROSOFT_AUTHORITY", "MUSTER_SERVICE_HOSTS",
    ],
)  # fmt: skip
@pytest.mark.parametrize("nothing", ["", " "])
def test_an_empty_variable_counts_as_not_set(
    environment: pytest.MonkeyPatch, name: str, nothing: str
) -> None:
    environment.setenv(name, nothing)
    settings = load_settings()
    assert (settings.config, settings.proxy, settings.ca_file) == (None, None, None)
    assert (settings.bot_metadata_url, settings.microsoft_authority, settings.graph_url) == (None,) * 3
    assert settings.service_hosts is None


@pytest.mark.parametrize("nothing", ["", " ", "\t"])
def test_every_blank_variable_counts_as_not_set(environment: pytest.MonkeyPatch, nothing: str) -> None:
    environment.setenv("MUSTER_SECRETS_DIR", nothing)
    set_by_nobody = set(Settings.model_fields) - {"database_url", "keys"}
    for field in set_by_nobody:
        environment.setenv(variable(field), nothing)
    settings = load_settings()
    assert settings.model_fields_set == {"database_url", "keys"}
    for field in set_by_nobody:
        assert getattr(settings, field) == Settings.model_fields[field].default


@pytest.mark.parametrize("name", ["DATABASE_URL", "MUSTER_KEYS"])
def test_a_blank_variable_that_is_needed_is_missing(environment: pytest.MonkeyPatch, name: str) -> None:
    environment.setenv(name, " ")
    with pytest.raises(ValidationError) as refused:
        load_settings()
    assert [problem["type"] for problem in refused.value.errors()] == ["missing"]


def test_a_blank_file_counts_as_not_set(tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    (tmp_path / "temporal_address").write_text(" \n")
    (tmp_path / "muster_port").write_text("")
    environment.setenv("MUSTER_SECRETS_DIR", str(tmp_path))
    settings = load_settings()
    assert (settings.temporal_address, settings.port) == ("127.0.0.1:7233", 8080)
    assert settings.model_fields_set == {"database_url", "keys"}


def test_a_file_whose_variable_is_set_is_not_read(tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    (tmp_path / "muster_keys").mkdir()
    environment.setenv("MUSTER_SECRETS_DIR", str(tmp_path))
    assert load_settings().keys.get_secret_value() == "k1:AAAA"


UNUSABLE = {
    "MUSTER_GRACE": ["inf", "nan", "1e30", "604801"],
    "MUSTER_EDIT_INTERVAL": ["inf", "nan"],
    "MUSTER_KEEP_ALIVE": ["inf", "nan", "1e308", "0"],
    "MUSTER_HEADER_WITHIN": ["inf", "nan"],
    "MUSTER_BODY_WITHIN": ["inf", "nan"],
    "MUSTER_PUBLIC_URL": [
        "muster.example", "https://", "https://mu ster.example", "https://*.example", "ftp://muster.example",
        "https://muster.example/?a=b", "https://muster.example/#a", "https://ada@muster.example",
        "http://muster.example", "http://192.0.2.1:8080", "http://localhost.example",
    ],
    "MUSTER_SERVICE_HOSTS": [
        "https://smba.trafficmanager.net/", "*.botframework.com", "smba.trafficmanager.net:443", ".", "a..b",
        "good.example, smba.trafficmanager.net/teams", "..botframework.com",
    ],
    "TEMPORAL_ADDRESS": [
        "http://x:7233", "x", "x:", ":7233", "x:0", "x:99999", "x:7233/", "a@x:7233", "::1:7233", "x y:7233",
    ],
    "MUSTER_HOST": ["http://x", "x:8080", "[::1]", "a b", "a" * 64, "a..b"],
    "MUSTER_BOT_METADATA_URL": ["login.example", "https://*.example"],
    "MUSTER_MICROSOFT_AUTHORITY": ["login.example", "https://log in.example"],
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in UNUSABLE for value in UNUSABLE[name]])
def test_a_value_that_cannot_work_is_refused(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    environment.setenv(name, value)
    with pytest.raises(ValidationError) as refused:
        load_settings()
    assert {str(problem["loc"][0]) for problem in refused.value.errors()} <= {
        name,
        name.removeprefix("MUSTER_").lower(),
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MUSTER_GRACE", "0"),
        ("MUSTER_GRACE", "604800"),
        ("MUSTER_EDIT_INTERVAL", "0"),
        ("MUSTER_PUBLIC_URL", "https://muster.example/behind/a/path/"),
        ("MUSTER_PUBLIC_URL", "http://[::1]:8080"),
        ("MUSTER_SERVICE_HOSTS", "localhost,127.0.0.1,::1,.botframework.com"),
        ("TEMPORAL_ADDRESS", "[::1]:7233"),
        ("TEMPORAL_ADDRESS", "temporal-frontend.muster_net:7233"),
        ("MUSTER_HOST", "::"),
        ("MUSTER_HOST", "0.0.0.0"),
        ("MUSTER_HOST", "api.muster.internal"),
    ],
)
def test_a_value_that_works_is_taken_as_it_is(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    environment.setenv(name, value)
    (field,) = [field for field in Settings.model_fields if variable(field) == name]
    taken = getattr(load_settings(), field)
    assert taken == (tuple(value.split(",")) if field == "service_hosts" else type(taken)(value))


@pytest.mark.parametrize(
    "address",
    ["http://proxy.example:3128", "HTTP://ada:p%40ss@127.0.0.1:1", "http://[::1]:3128/", "http://proxy"],
)
def test_a_proxy_is_an_address_that_shows_no_password(environment: pytest.MonkeyPatch, address: str) -> None:
    environment.setenv("MUSTER_PROXY", address)
    settings = load_settings()
    assert settings.proxy is not None
    assert settings.proxy.get_secret_value() == address
    assert "p%40ss" not in repr(settings)


@pytest.mark.parametrize(
    "address",
    [
        "proxy.example:3128", "https://ada:hunter2@proxy.example", "socks5://proxy.example", "http://",
        "http://proxy:0", "http://proxy:99999", "http://proxy:a", "http://[::1", "http://pro\nxy",
    ],
)  # fmt: skip
def test_what_is_no_proxy_is_refused_and_not_shown(environment: pytest.MonkeyPatch, address: str) -> None:
    environment.setenv("MUSTER_PROXY", address)
    with pytest.raises(ValidationError, match="it must be http://host:port") as refused:
        load_settings()
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("name", ["MUSTER_PORT", "MUSTER_WORKER_HEALTH_PORT"])
@pytest.mark.parametrize("number", ["-1", "65536", "http"])
def test_a_port_is_one_that_there_can_be(environment: pytest.MonkeyPatch, name: str, number: str) -> None:
    environment.setenv(name, number)
    with pytest.raises(ValidationError):
        load_settings()
