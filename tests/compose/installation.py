"""What Compose gives to the product's containers, as processes, folders and ports of this machine.

The stores are the embedded ones, and the simulators stand for Teams and PagerDuty. All else is the compose
file's: commands, variables, health checks, one-shots in their order, and the scripts of deploy/.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from sandbox.company import Company, write_company
from sandbox.up.addresses import Addresses
from sandbox.up.product import sandbox_environment, write_config, write_seed
from sandbox.up.servers.data_folder import DataFolder
from sandbox.up.servers.ports import LOOPBACK
from sandbox.up.servers.postgres import EmbeddedPostgres
from sandbox.up.servers.temporal import EmbeddedTemporal
from sandbox.up.servers.temporal_binary import find_temporal
from sandbox.up.supervision import parts
from sandbox.up.supervision.parts import Part, muster_command
from sandbox.up.supervision.process import Process, StartFailed
from tests.compose.compose_file import REPOSITORY, Service

_SECRETS = "/run/secrets"
"""Where Compose mounts secrets."""


class Installation:
    """The product beside its stores, installed and migrated; its long-running processes are not started."""

    def __init__(self, folder: Path, company: Company) -> None:
        self.company = company
        # No usual ports: a stack of somebody else may be about to take them.
        self.addresses = Addresses.pick(usual=False)
        self._data = DataFolder(folder / "data")
        self._secrets = folder / "secrets"
        self._tools = folder / "tools"
        self._here: dict[str, str] = {}

    @property
    def ca(self) -> Path:
        """The authority whose certificates the simulators have."""
        return self._data.ca

    def start(self, service: str, name: str, **own: str) -> "Container":
        """Run a service's command, with variables of its own; waits until its health check is content."""
        environment = self._environment(service) | own
        return Container(Service(service), environment, self._data.log(name))

    @contextmanager
    def running_stores(self) -> Iterator[None]:
        """Postgres and Temporal, prepared as the compose file prepares them, and the simulators."""
        with ExitStack() as exits:
            self._draw_secrets()
            postgres = exits.enter_context(
                EmbeddedPostgres(self._data.postgres, log=self._data.log("postgres"))
            )
            self._create_databases(postgres)
            temporal = exits.enter_context(EmbeddedTemporal(log=self._data.log("temporal")))
            self._here |= {"TEMPORAL_ADDRESS": temporal.address}
            self._configure()
            self._run("temporal-namespace")
            self._run("migrate")
            subprocess.run(
                muster_command("seed", str(self._data.seed)), env=self._environment("migrate"), check=True
            )
            for part in self._simulators():
                process = Process(part.command, log=part.log, env=part.env)
                exits.callback(process.stop)
                process.wait_until(part.answers)
            yield

    def _draw_secrets(self) -> None:
        subprocess.run(["sh", REPOSITORY / "deploy" / "secrets.sh", self._secrets], check=True)
        (self._secrets / "teams_app_secret").write_text(self.company.bot_app_secret)
        (self._secrets / "pagerduty_client_secret").write_text(self.company.client_secret)

    def _create_databases(self, postgres: EmbeddedPostgres) -> None:
        """What the Postgres image does with the script when its data folder is new."""
        self._tools.mkdir()
        (self._tools / "psql").symlink_to(_beside_postgres(postgres, "psql"))
        (self._tools / "temporal").symlink_to(find_temporal())
        script = Service("postgres").file_at("/docker-entrypoint-initdb.d/databases.sh")
        superuser = {
            "PGHOST": LOOPBACK,
            "PGPORT": str(postgres.port),
            "PGPASSWORD": urlsplit(postgres.url("postgres")).password or "",
        }
        subprocess.run(["sh", script], env=self._environment("postgres") | superuser, check=True)
        database_url = self._secrets / "database_url"
        there = database_url.read_text()
        database_url.write_text(there.replace("@postgres:5432/", f"@{LOOPBACK}:{postgres.port}/"))

    def _configure(self) -> None:
        write_company(self._data.company, self.company)
        write_seed(self._data, self.company, self.addresses, {})
        write_config(self._data, self.company, self.addresses)
        config = self._data.config.read_text()
        for name in ("teams_app_secret", "pagerduty_client_secret"):
            secret = self._secrets / name
            config = config.replace(f'"{secret.read_text()}"', f'"file:{secret}"')
        self._data.config.write_text(config)
        self._here |= sandbox_environment(self._data, self.addresses)

    def _simulators(self) -> tuple[Part, ...]:
        return (
            parts.teams(self._data, self.addresses, None, playground=False),
            parts.microsoft(self._data, self.addresses, self.company, self.addresses.api),
            parts.pagerduty(self._data, self.addresses, self.company, self.addresses.api),
        )

    def _run(self, one_shot: str) -> None:
        """Run a service that ends, with its scripts where they are in the checkout."""
        service = Service(one_shot)
        command = [str(service.file_at(part)) if part.startswith("/") else part for part in service.command]
        subprocess.run(command, env=self._environment(one_shot), check=True, timeout=60)

    def _environment(self, service: str) -> dict[str, str]:
        """The service's variables with this machine's places, and nothing else of this machine's."""
        given = {"MUSTER_PUBLIC_URL": self.addresses.api}
        environment = Service(service).environment(given)
        here = {
            name: value.replace(_SECRETS, str(self._secrets))
            for name, value in (environment | self._here).items()
        }
        path = f"{Path(sys.executable).parent}{os.pathsep}{self._tools}{os.pathsep}{os.defpath}"
        return here | {"PATH": path, "HOME": "/nonexistent"}


class Container:
    """One running process of a service."""

    def __init__(self, service: Service, environment: dict[str, str], log: Path) -> None:
        self._service = service
        self._environment = environment
        self._process = Process(service.command, log=log, env=environment)
        try:
            # Asking costs the start of a Python, so the question is put when there is somebody to answer.
            self._process.wait_until(self._listens)
            self._process.wait_until(self.is_healthy)
        except StartFailed:
            self._process.stop()
            raise

    def is_healthy(self) -> bool:
        """What its health check says."""
        check = subprocess.run(
            self._service.health_check, env=self._environment, capture_output=True, check=False
        )
        return check.returncode == 0

    def _listens(self) -> bool:
        port = self._environment.get("MUSTER_PORT") or self._environment["MUSTER_WORKER_HEALTH_PORT"]
        with socket.socket() as probe:
            return probe.connect_ex((LOOPBACK, int(port))) == 0

    def stop(self) -> int:
        """Stop it as Compose does, within its own time; the exit code."""
        self._process.terminate(within=self._service.stops_within)
        code = self._process.wait()
        self._process.release()
        return code


def _beside_postgres(server: EmbeddedPostgres, tool: str) -> Path:
    """A tool of the embedded Postgres; its folder is in the command that runs the server."""
    program = next(Path(part) for part in server.command() if Path(part).name == "postgres")
    return program.with_name(tool)
