"""Debian's pgbouncer in transaction mode before the tests' Postgres."""

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from muster.store.database_url import parse_database_url
from sandbox.up.servers.ports import LOOPBACK, free_port
from sandbox.up.servers.postgres import EmbeddedPostgres
from sandbox.up.supervision.process import Process
from tools.steps import debian, pooler

_ROOT = 0
_OTHER_USER = "nobody"
"""pgbouncer refuses to run as root."""


_RECYCLED = "recycled"
_OTHER_NAMES = 2000
"""As many tests of one process may go through the pooler."""
WAYS = (pytest.param(False, id=pytest.HIDDEN_PARAM), pytest.param(True, id="pooler"))
"""Values for a fixture: whether to go through it. The direct way has the test's own name."""


class PgBouncer:
    """A running pooler: every database of the server, by the same names and with the same password.

    One of them has many names more. Sessions are kept by name: under a new one nobody meets an old session.
    """

    recycled = _RECYCLED
    """The name of that one."""

    def __init__(self, port: int, password: str) -> None:
        self.port = port
        self._password = password
        self._names = iter(_other_names())

    def new_url(self) -> str:
        """The address of the database with many names, by one that nobody has used."""
        return self.url(next(self._names))

    def url(self, database: str) -> str:
        """The address of a database, through the pooler."""
        return f"postgresql://postgres:{self._password}@{LOOPBACK}:{self.port}/{database}"


def pgbouncer_path() -> str:
    """The program; without it the test is skipped, but not where `make test` installs it."""
    path = pooler.found()
    if path is None:
        assert not debian.may_install(), "no pgbouncer: `make pooler` installs it"
        pytest.skip("no pgbouncer (Debian: apt-get install pgbouncer)")
    return path


@contextmanager
def pgbouncer(
    server: EmbeddedPostgres, *, mode: str = "transaction", certificate: trustme.LeafCert | None = None
) -> Iterator[PgBouncer]:
    """A pooler with eight sessions of the server's for each database, and TLS if it has a certificate.

    It takes them in turn, so that whatever needs the same session twice fails at once.
    """
    program = pgbouncer_path()
    password = parse_database_url(server.url("postgres")).password.get_secret_value()
    port = free_port()
    folder = Path(tempfile.mkdtemp(prefix="pgbouncer-"))
    try:
        users, config = folder / "users.txt", folder / "pgbouncer.ini"
        users.touch(mode=0o600)
        users.write_text(f'"postgres" "{password}"\n')
        config.write_text(
            f"[databases]\n* = host={LOOPBACK} port={server.port}\n{_lines_of_names(server.port)}"
            f"[pgbouncer]\nlisten_addr = {LOOPBACK}\nlisten_port = {port}\nunix_socket_dir =\n"
            f"auth_type = scram-sha-256\nauth_file = {users}\n"
            f"pool_mode = {mode}\ndefault_pool_size = 8\nserver_round_robin = 1\n"
            "max_client_conn = 1000\nserver_idle_timeout = 10\n"
            "ignore_startup_parameters = extra_float_digits\n"
        )
        files = [folder, users, config]
        if certificate is not None:
            key, chain = folder / "key.pem", folder / "chain.pem"
            certificate.private_key_pem.write_to_path(key)
            certificate.cert_chain_pems[0].write_to_path(chain)
            files += [key, chain]
            with config.open("a") as more:
                more.write(f"client_tls_sslmode = allow\nclient_tls_key_file = {key}\n")
                more.write(f"client_tls_cert_file = {chain}\n")
        if os.geteuid() == _ROOT:
            for path in files:
                shutil.chown(path, _OTHER_USER)
        as_user = ["-u", _OTHER_USER] if os.geteuid() == _ROOT else []
        process = Process([program, *as_user, str(config)], log=folder / "log")
        try:
            process.wait_until(lambda: _listens(port))
            yield PgBouncer(port, password)
        finally:
            process.stop()
    finally:
        shutil.rmtree(folder)


def _other_names() -> list[str]:
    return [f"{_RECYCLED}_{number}" for number in range(_OTHER_NAMES)]


def _lines_of_names(port: int) -> str:
    return "".join(f"{name} = host={LOOPBACK} port={port} dbname={_RECYCLED}\n" for name in _other_names())


def _listens(port: int) -> bool:
    try:
        socket.create_connection((LOOPBACK, port), timeout=0.5).close()
    except OSError:
        return False
    return True
