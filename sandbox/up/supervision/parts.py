"""The parts of the stack: the command of each, how to see that it answers, and how to stop it."""

import http.client
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.company import Company
from sandbox.up.addresses import BOT_METADATA, Addresses
from sandbox.up.servers.data_folder import DataFolder
from sandbox.up.servers.ports import LOOPBACK
from sandbox.up.servers.postgres import STOP_SIGNAL, EmbeddedPostgres
from sandbox.up.servers.temporal import EmbeddedTemporal


@dataclass(frozen=True, kw_only=True)
class Part:
    """A command that the supervisor keeps running."""

    name: str
    command: tuple[str, ...]
    log: Path
    answers: Callable[[], bool]
    env: Mapping[str, str] | None = None
    """The whole environment of the command; that of an embedded part by default."""
    cwd: Path | None = None
    address: str = ""
    stop_signal: signal.Signals = signal.SIGTERM
    stop_within: float = 10
    """Seconds that it has to stop before it is killed."""


def answers_http(port: int, path: str, *, host: str = LOOPBACK) -> bool:
    """Whether a GET is answered with 200 within two seconds."""
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def muster_command(*arguments: str) -> tuple[str, ...]:
    """A `muster` command, from the virtual environment of this process."""
    return (str(Path(sys.executable).with_name("muster")), *arguments)


def postgres(folder: DataFolder, server: EmbeddedPostgres) -> Part:
    """The database."""
    return Part(
        name="postgres",
        command=tuple(server.command()),
        log=folder.log("postgres"),
        answers=server.answers,
        address=f"{LOOPBACK}:{server.port}",
        stop_signal=STOP_SIGNAL,
    )


def temporal(folder: DataFolder, server: EmbeddedTemporal) -> Part:
    """The Temporal server with its UI."""
    return Part(
        name="temporal",
        command=tuple(server.command()),
        log=folder.log("temporal"),
        answers=server.answers,
        address=f"{server.address}, UI {server.ui_url}",
    )


def teams(folder: DataFolder, addresses: Addresses, temporal_ui: str | None, *, playground: bool) -> Part:
    """The Teams simulator."""
    command = [
        sys.executable, "-m", "sandbox.teams", "--company", str(folder.company),
        "--port", str(addresses.teams_port),
        "--ca-dir", str(folder.certificates), "--bot", addresses.bot_endpoint,
        "--state", str(folder.path / "teams.json"), "--ports", str(folder.ports),
    ]  # fmt: skip
    if temporal_ui is not None:
        command += ["--temporal-ui", temporal_ui]
    if playground:
        command += ["--playground-port", str(addresses.playground_port)]
    return Part(
        name="teams",
        command=tuple(command),
        log=folder.log("teams"),
        answers=lambda: answers_http(addresses.teams_port, BOT_METADATA),
        address=addresses.teams,
    )


def microsoft(folder: DataFolder, addresses: Addresses, company: Company, public_url: str) -> Part:
    """The Microsoft simulator; where nothing is connected, nothing is consented."""
    consented = ("--consented",) if company.connections else ()
    return Part(
        name="microsoft",
        command=(
            sys.executable, "-m", "sandbox.microsoft", "--company", str(folder.company),
            "--port", str(addresses.microsoft_port), "--tls-port", str(addresses.token_port),
            "--ca-dir", str(folder.certificates), "--teams-url", addresses.teams,
            "--redirect-uri", f"{public_url.rstrip('/')}/oauth/microsoft/callback",
            "--state", str(folder.path / "microsoft.json"), "--ports", str(folder.ports), *consented,
        ),
        log=folder.log("microsoft"),
        answers=lambda: answers_http(addresses.microsoft_port, "/_sandbox/clock"),
        address=addresses.microsoft,
    )  # fmt: skip


def pagerduty(folder: DataFolder, addresses: Addresses, company: Company, public_url: str) -> Part:
    """The PagerDuty simulator; its app sends people back to the product's ``public_url``."""
    subscribe = () if company.connections else ("--no-subscribe",)
    return Part(
        name="pagerduty",
        command=(
            sys.executable, "-m", "sandbox.pagerduty", "--company", str(folder.company),
            "--port", str(addresses.pagerduty_port), "--tls-port", str(addresses.pagerduty_https_port),
            "--ca-dir", str(folder.certificates), "--rest-url", addresses.pagerduty_https,
            "--identity-url", addresses.pagerduty_identity,
            "--redirect-uri", f"{public_url.rstrip('/')}/oauth/pagerduty/callback",
            "--webhook-url", addresses.webhooks(company.account), "--muster-url", addresses.api,
            "--state", str(folder.path / "pagerduty.json"), "--ports", str(folder.ports), *subscribe,
        ),
        log=folder.log("pagerduty"),
        answers=lambda: answers_http(addresses.pagerduty_port, "/_sandbox/clock"),
        address=addresses.pagerduty,
    )  # fmt: skip


def api(folder: DataFolder, addresses: Addresses, env: Mapping[str, str]) -> Part:
    """The product's HTTP edge."""
    return Part(
        name="api",
        command=muster_command("serve"),
        log=folder.log("api"),
        answers=lambda: answers_http(addresses.api_port, "/readyz", host=addresses.reachable_api_host),
        env=env,
        address=addresses.api,
    )


def worker(folder: DataFolder, addresses: Addresses, env: Mapping[str, str]) -> Part:
    """The product's Temporal worker; it has time to finish its running activities."""
    return Part(
        name="worker",
        command=muster_command("worker"),
        log=folder.log("worker"),
        answers=lambda: answers_http(
            addresses.worker_health_port, "/healthz", host=addresses.reachable_api_host
        ),
        env=env,
        stop_within=25,
    )
