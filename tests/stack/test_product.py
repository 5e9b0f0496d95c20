"""What the stack tells the product is what the product reads."""

from dataclasses import replace
from pathlib import Path

import pytest

from muster.settings import load_settings
from sandbox.company import build_company
from sandbox.up.addresses import Addresses
from sandbox.up.product import local_environment, sandbox_environment, seed, write_config
from sandbox.up.servers.data_folder import DataFolder
from sandbox.up.supervision import parts
from sandbox.up.supervision.ready_file import company_entries, product_entries


@pytest.fixture
def addresses() -> Addresses:
    return Addresses.pick()


def test_the_settings_are_read_back(
    tmp_path: Path, addresses: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, company = DataFolder(tmp_path), build_company()
    write_config(folder, company, addresses)
    environment = local_environment(folder, addresses, {}) | sandbox_environment(folder, addresses)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1/muster")

    settings = load_settings()
    assert settings.port == addresses.api_port
    assert settings.public_url == addresses.api
    assert settings.worker_health_port == addresses.worker_health_port
    assert settings.service_hosts == ("127.0.0.1", "localhost")
    assert settings.microsoft_authority == settings.graph_url == f"https://127.0.0.1:{addresses.token_port}"
    assert settings.teams[company.tenant_id].app_secret.get_secret_value() == company.bot_app_secret
    account = settings.accounts["acme"]
    assert account.api_url == account.web_url == addresses.pagerduty
    assert account.identity_url == f"http://localhost:{addresses.pagerduty_port}"


def test_microsoft_knows_one_way_back_whatever_the_end_of_the_public_address(
    tmp_path: Path, addresses: Addresses
) -> None:
    for connected in (True, False):
        for public_url in ("https://muster.example", "https://muster.example/"):
            company = build_company(connected=connected)
            command = parts.microsoft(DataFolder(tmp_path), addresses, company, public_url).command
            uri = command[command.index("--redirect-uri") + 1]
            assert uri == "https://muster.example/oauth/microsoft/callback"
            assert ("--consented" in command) == connected


def test_a_key_ring_and_a_public_address_given_are_kept(tmp_path: Path, addresses: Addresses) -> None:
    given = {"MUSTER_KEYS": "k9:abc", "MUSTER_PUBLIC_URL": "https://muster.example"}
    environment = local_environment(DataFolder(tmp_path), addresses, given)
    assert given.items() <= environment.items()


@pytest.mark.parametrize("public_url", ["https://muster.example", "https://muster.example/"])
def test_pagerdutys_app_is_registered_with_the_callback_below_the_public_address(
    tmp_path: Path, addresses: Addresses, public_url: str
) -> None:
    part = parts.pagerduty(DataFolder(tmp_path), addresses, build_company(), public_url=public_url)
    options = dict(zip(part.command, part.command[1:], strict=False))
    assert options["--redirect-uri"] == "https://muster.example/oauth/pagerduty/callback"
    assert options["--identity-url"] == f"http://localhost:{addresses.pagerduty_port}"


def test_an_account_of_europe_is_one_for_the_product_too(
    tmp_path: Path, addresses: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, company = DataFolder(tmp_path), build_company().model_copy(update={"region": "eu"})
    write_config(folder, company, addresses)
    environment = local_environment(folder, addresses, {}) | sandbox_environment(folder, addresses)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1/muster")
    assert load_settings().accounts["acme"].region == "eu"
    assert seed(company, addresses, {})["pagerduty_accounts"][0]["region"] == "eu"


def test_the_host_of_the_api_is_where_it_listens_and_is_reached(tmp_path: Path) -> None:
    for host, reached in (
        ("0.0.0.0", "http://127.0.0.1:18080"),
        ("::", "http://[::1]:18080"),
        ("192.0.2.1", "http://192.0.2.1:18080"),
    ):
        addresses = replace(Addresses.pick(configured={"api_port": 18080}), api_host=host)
        environment = local_environment(DataFolder(tmp_path), addresses, {})
        assert (environment["MUSTER_HOST"], environment["MUSTER_PORT"]) == (host, "18080")
        assert environment["MUSTER_PUBLIC_URL"] == addresses.api == reached


def test_a_configured_port_is_given_to_no_other_part() -> None:
    addresses = Addresses.pick(configured={"api_port": 8070})
    assert addresses.api_port == 8070
    assert addresses.start_port != 8070


def test_the_seed_links_only_the_people_who_start_linked(addresses: Addresses) -> None:
    company = build_company()
    rows = seed(company, addresses, {})
    linked = {person.aad_object_id for person in company.people if person.linked}
    assert {link["aad_object_id"] for link in rows["links"]} == linked
    assert 0 < len(linked) < len(rows["people"])
    assert {channel["service_url"] for channel in rows["channels"]} == {f"{addresses.teams}/teams/"}


def test_the_seed_says_where_pagerdutys_webhooks_go(addresses: Addresses, tmp_path: Path) -> None:
    company = build_company()
    (subscription,) = seed(company, addresses, {})["webhook_subscriptions"]
    command = parts.pagerduty(DataFolder(tmp_path), addresses, company, addresses.api).command
    assert subscription["url"] == command[command.index("--webhook-url") + 1]


def test_the_seed_of_an_empty_company_names_the_customers_alone(addresses: Addresses) -> None:
    assert seed(build_company(connected=False), addresses, {}).keys() == {"pagerduty_accounts", "tenants"}


def test_the_ready_file_has_everything_that_the_interface_promises(addresses: Addresses) -> None:
    company = build_company()
    entries = company_entries(company, addresses, Path("ca.pem")) | product_entries(
        addresses, temporal="127.0.0.1:7233", temporal_ui=None, database_url="postgresql://"
    )
    channels = [[c.channel for c in company.connections if c.service == entries[key]] for key in
                ("service", "service_two_channels")]  # fmt: skip
    assert [len(names) for names in channels] == [1, 2]
    assert {"api", "start", "teams", "pagerduty", "pagerduty_account", "webhook_secret"} <= entries.keys()
    assert entries["pagerduty_identity"] == f"http://localhost:{addresses.pagerduty_port}"
    assert entries["pagerduty_https"] == f"https://127.0.0.1:{addresses.pagerduty_https_port}"
    assert entries["microsoft"] == f"http://localhost:{addresses.microsoft_port}"
    assert entries["people"][0].keys() == {"name", "email", "aad_object_id", "pagerduty_user", "linked"}
    assert entries["pagerduty_user"] == "ada@acme.example"
