"""One connection to the database: each host in turn, with or without TLS as ``sslmode`` says.

asyncpg is told everything, so that no ``PG…`` variable and no file of the home folder changes where a
connection leads. libpq's rules for TLS:
https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-SSLMODE-STATEMENTS
"""

import asyncio
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

import asyncpg
from asyncpg.connect_utils import SessionAttribute

from muster.store.connect_failures import FAILURES, REFUSED, NoConnection, TlsFileUnusable, TlsNotOffered
from muster.store.database_address import SYSTEM_AUTHORITIES, DatabaseAddress, Host, SessionTarget

if TYPE_CHECKING:
    Session = asyncpg.Connection[asyncpg.Record]
    Connection = asyncpg.pool.PoolConnectionProxy[asyncpg.Record] | Session
else:  # asyncpg's classes are generic in its stubs alone
    Session = asyncpg.Connection
    Connection = asyncpg.pool.PoolConnectionProxy | Session

_COMMAND_SECONDS = 5
_TIMEZONE = {"timezone": "UTC"}


@dataclass(frozen=True)
class Opened:
    """A connection, and how it came about."""

    connection: Session
    host: Host
    tls: bool


async def connect(address: DatabaseAddress, connection_class: type[Session] = asyncpg.Connection) -> Opened:
    """A connection whose statements end after five seconds at most; raises ``NoConnection``."""
    failures: dict[Host, Exception] = {}
    for target in _targets(address):
        for host in address.hosts:
            try:
                return await _connect_to(host, address, target, connection_class)
            except FAILURES as error:
                failures[host] = error
                if isinstance(error, REFUSED):
                    raise NoConnection(address, failures) from error
    raise NoConnection(address, failures)


def _targets(address: DatabaseAddress) -> tuple[SessionTarget, ...]:
    """A standby that is preferred is looked for among all hosts first."""
    return ("standby", "any") if address.session_target == "prefer-standby" else (address.session_target,)


async def _connect_to(
    host: Host, address: DatabaseAddress, target: SessionTarget, connection_class: type[Session]
) -> Opened:
    first, *others = _ways(address, host)
    try:
        return await _attempt(host, address, target, connection_class, tls=first)
    except (TlsNotOffered, ssl.SSLError, asyncpg.InvalidAuthorizationSpecificationError) as error:
        if not others or isinstance(error, asyncpg.InvalidPasswordError):
            raise
        return await _attempt(host, address, target, connection_class, tls=others[0])


def _ways(address: DatabaseAddress, host: Host) -> tuple[bool, ...]:
    """Whether to use TLS, in the order of the attempts."""
    if host.is_socket:
        return (False,)
    match address.sslmode:
        case "disable":
            return (False,)
        case "allow":
            return (False, True)
        case "prefer":
            return (True, False)
        case _:
            return (True,)


async def _attempt(
    host: Host,
    address: DatabaseAddress,
    target: SessionTarget,
    connection_class: type[Session],
    *,
    tls: bool,
) -> Opened:
    try:
        connection = await asyncpg.connect(
            host=host.name,
            port=host.port,
            user=address.user,
            password=address.password.get_secret_value(),
            database=address.database,
            ssl=_tls_context(address) if tls else False,
            direct_tls=False,
            gsslib="gssapi",
            target_session_attrs=SessionAttribute(target),
            timeout=address.connect_timeout,
            command_timeout=_COMMAND_SECONDS,
            # Behind a pooler the next transaction has another session, which knows no statement of this one.
            statement_cache_size=0 if address.pooled else 100,
            # A pooler takes few settings, and the statements here read no clock of the session's.
            server_settings={"application_name": address.application_name}
            | ({} if address.pooled else _TIMEZONE | dict(address.server_settings)),
            connection_class=connection_class,
        )
    except OSError as error:
        if type(error) is ConnectionError:  # what asyncpg raises for any other answer than "yes, TLS"
            raise TlsNotOffered from error
        if type(error) is OSError and error.errno is None:  # several addresses of one name, in one text
            raise await _first_failure(host) or error from error
        raise
    return Opened(connection, host, tls)


def _tls_context(address: DatabaseAddress) -> ssl.SSLContext:
    # Not create_default_context: newer versions of it refuse authorities that libpq takes.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = address.sslmode == "verify-full"
    try:
        if address.sslrootcert not in (None, SYSTEM_AUTHORITIES):
            context.load_verify_locations(cafile=address.sslrootcert)
        elif address.sslmode == "verify-full":
            context.load_default_certs()
        else:
            context.verify_mode = ssl.CERT_NONE
        if address.sslcert:
            # An encrypted key would ask for its password on the terminal.
            context.load_cert_chain(address.sslcert, address.sslkey, password=lambda: "")
    except OSError as error:
        raise TlsFileUnusable(error.strerror or str(error)) from error
    return context


async def _first_failure(host: Host) -> OSError | None:
    """What the first address of the name answers, if that is a failure."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host.name, host.port, type=socket.SOCK_STREAM)
    family, kind, protocol, _, place = found[0]
    with socket.socket(family, kind, protocol) as trial:
        trial.setblocking(False)
        try:
            await asyncio.wait_for(loop.sock_connect(trial, place), 1)
        except OSError as error:
            return error
    return None
