"""`muster check` uses each credential once, says of each whether it works, and shows no secret."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from muster.public_addresses import public_addresses
from sandbox.up.servers.ports import free_port
from tests.support.registrations import Registrations, running_registrations
from tests.support.settings import KEYS, settings_for

SECRET = "do-not-show"


@pytest.fixture(scope="module")
def registrations(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registrations]:
    with running_registrations(tmp_path_factory.mktemp("registrations")) as running:
        yield running


def check(environment: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    given = {"DATABASE_URL": "postgresql://127.0.0.1:1/muster", "MUSTER_KEYS": KEYS}
    return subprocess.run(
        [sys.executable, "-m", "muster.cli", "check", *options],
        env=os.environ | given | {"MUSTER_PUBLIC_URL": "https://muster.example/"} | environment,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def told(checked: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """What is said of each credential by its first word."""
    lines = checked.stderr.splitlines()
    assert len(lines) == 2, checked.stderr
    return {line.split()[0]: line for line in lines}


def test_credentials_that_work_are_told_with_the_addresses_to_give(registrations: Registrations) -> None:
    checked = check(registrations.written())
    tenant, account = registrations.teams.tenant_id, registrations.pagerduty.account
    assert told(checked) == {
        "Teams": f"Teams tenant {tenant}: works",
        "PagerDuty": f"PagerDuty account {account} (us): works",
    }
    assert checked.returncode == 0
    assert checked.stdout.splitlines() == [
        f"Microsoft, tenant {tenant}, messaging endpoint of the Azure bot:",
        "  https://muster.example/api/messages",
        f"Microsoft, tenant {tenant}, redirect URI of the Entra app (Web):",
        "  https://muster.example/oauth/microsoft/callback",
        f"PagerDuty, account {account}, URL of the webhook subscription (v3):",
        f"  https://muster.example/webhooks/pagerduty/{account}",
        f"PagerDuty, account {account}, redirect URL of the Scoped OAuth app:",
        "  https://muster.example/oauth/pagerduty/callback",
    ]


def test_a_wrong_secret_is_refused_with_the_reason_and_the_keys_to_mend(registrations: Registrations) -> None:
    checked = check(registrations.written(app_secret=SECRET, client_secret=SECRET), "--no-addresses")
    lines = told(checked)
    assert "REFUSED: Entra refused a bot token (invalid_client, AADSTS7000215)" in lines["Teams"]
    assert "tenant, app_id and app_secret in muster.toml" in lines["Teams"]
    assert "REFUSED: PagerDuty's token endpoint answered 401 (invalid_client)" in lines["PagerDuty"]
    assert "client_id and client_secret in muster.toml" in lines["PagerDuty"]
    assert (checked.returncode, checked.stdout) == (1, "")
    assert SECRET not in checked.stderr


def test_one_that_is_refused_hides_none_that_works(registrations: Registrations) -> None:
    checked = check(registrations.written(client_secret=SECRET))
    assert told(checked)["Teams"].endswith(": works")
    assert "REFUSED" in told(checked)["PagerDuty"]
    assert checked.returncode == 1


def test_a_provider_that_is_not_there_refuses_nothing(registrations: Registrations) -> None:
    checked = check(registrations.written(identity=f"http://127.0.0.1:{free_port()}"))
    line = told(checked)["PagerDuty"]
    assert "REFUSED" not in line
    assert "PagerDuty's token endpoint cannot be reached" in line
    assert checked.returncode == 1


def test_a_wrong_configuration_is_refused_before_anything_is_tried(tmp_path: Path) -> None:
    config = tmp_path / "muster.toml"
    config.write_text(f'[[pagerduty]]\nsubdomain = "acme"\nclient_secret = "{SECRET}"\n')
    checked = check({"MUSTER_CONFIG": str(config)})
    assert (checked.returncode, checked.stdout) == (2, "")
    assert "client_id" in checked.stderr
    assert SECRET not in checked.stderr


def test_a_variable_that_nothing_reads_is_named(registrations: Registrations) -> None:
    checked = check(registrations.written() | {"MUSTER_PROXXY": SECRET}, "--no-addresses")
    unknown, *lines = checked.stderr.splitlines()
    assert unknown == "configuration: nothing reads the variable MUSTER_PROXXY: is MUSTER_PROXY meant?"
    assert all(line.endswith(": works") for line in lines)
    assert checked.returncode == 0


def test_the_api_serves_the_addresses_that_are_given_out(
    registrations: Registrations, monkeypatch: pytest.MonkeyPatch
) -> None:
    from api.bot.route import bot_router
    from api.oauth.route import return_router
    from api.webhooks.route import webhook_router

    environment = registrations.written()
    settings = settings_for("postgresql://unused", "127.0.0.1:1", config=environment["MUSTER_CONFIG"])
    nothing: Any = None  # only the paths are asked for
    routers = [
        bot_router(
            verifier=nothing, adapter=nothing, bot=nothing, registrations={}, service_hosts=(), places=nothing
        ),
        webhook_router(pool=nothing, keys=nothing, fan_out=nothing, accounts={}),
        return_router(nothing),
    ]
    served = {getattr(route, "path", "") for router in routers for route in router.routes}
    account = registrations.pagerduty.account
    given = {address.path.replace(account, "{account}") for address in public_addresses(settings)}
    assert given == served
