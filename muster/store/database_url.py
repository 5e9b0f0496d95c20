"""``DATABASE_URL``, parsed once: libpq's form of an address, and the parameters that Muster can keep.

Rules: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS. It is not read with
``urllib``, which cuts a password at ``#``. No error repeats what may be a part of the password.
"""

import getpass
import re
from urllib.parse import unquote

from pydantic import SecretStr

from muster.store.database_address import DEFAULT_PORT, DatabaseAddress, Host, WrongDatabaseUrl
from muster.store.url_parameters import kept_parameters

_SCHEME = re.compile("postgres(ql)?://", re.IGNORECASE)
_ENCODE = "in a user or a password, write %40 for @, %2F for /, %3A for :, %3F for ?, %25 for %"
_BROKEN_ESCAPE = re.compile("%(?![0-9a-fA-F]{2})")
_HOST = re.compile(r"(?P<name>\[[^\]]*\]|[^:\[\]]*)(?::(?P<port>[^:]*))?")
_SOCKETS = "/var/run/postgresql"
"""Where libpq and dbmate look for a socket if an address names no host."""


def parse_database_url(url: str) -> DatabaseAddress:
    """The address in the text; raises ``WrongDatabaseUrl``."""
    scheme = _SCHEME.match(url)
    if scheme is None:
        raise WrongDatabaseUrl("it has to begin with postgresql://")
    rest, _, query = url[scheme.end() :].strip().partition("?")
    authority, _, path = rest.partition("/")
    if "@" in path + query:
        raise WrongDatabaseUrl(f"an @ stands behind the host: {_ENCODE}")
    credentials, _, hosts = authority.rpartition("@")
    user, _, password = credentials.partition(":")
    given = {
        "user": _decoded(user),
        "password": _decoded(password),
        "dbname": _decoded(path),
        **_parameters(query),
    }
    places = _hosts_of(hosts) if hosts else ()
    if "host" in given or "port" in given:
        places = _hosts_apart(given.pop("host", ""), given.pop("port", ""), places)
    user = given.pop("user") or _system_user()
    return DatabaseAddress(
        hosts=places or (Host(_SOCKETS),),
        user=user,
        password=SecretStr(given.pop("password")),
        database=given.pop("dbname") or user,
        **kept_parameters(given),
    )


def _decoded(text: str) -> str:
    if _BROKEN_ESCAPE.search(text):
        raise WrongDatabaseUrl(f"a % stands for itself: {_ENCODE}")
    try:
        decoded = unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise WrongDatabaseUrl("what is written with % is not UTF-8") from None
    if "\0" in decoded:
        raise WrongDatabaseUrl("%00 is no character of a name")
    return decoded


def _parameters(query: str) -> dict[str, str]:
    parameters: dict[str, str] = {}
    for part in filter(None, query.split("&")):
        name, equals, value = part.partition("=")
        name = _decoded(name)
        if not equals:
            raise WrongDatabaseUrl("a parameter behind the ? has no value")
        if name in parameters:
            raise WrongDatabaseUrl(f"the parameter {name} stands there twice")
        parameters[name] = _decoded(value)
    return parameters


def _hosts_of(text: str) -> tuple[Host, ...]:
    """The hosts before the path: ``a:1,b:2``; a folder has its slashes encoded."""
    hosts = []
    for part in text.split(","):
        found = _HOST.fullmatch(part)
        if found is None:
            raise WrongDatabaseUrl("the host has too many colons: an IPv6 address stands in [ ]")
        name = _decoded(found["name"].removeprefix("[").removesuffix("]"))
        hosts.append(Host(_host_name(name), _port(found["port"] or "")))
    return tuple(hosts)


def _hosts_apart(names: str, ports: str, before: tuple[Host, ...]) -> tuple[Host, ...]:
    """Hosts and ports as parameters: as many ports as hosts, or one for all; they are stronger."""
    found = [_host_name(name) for name in names.split(",")] if names else [host.name for host in before]
    found = found or [_SOCKETS]
    numbers = [_port(port) for port in ports.split(",")] if ports else [host.port for host in before]
    if len(numbers) <= 1:
        numbers = (numbers or [DEFAULT_PORT]) * len(found)
    if len(numbers) != len(found):
        raise WrongDatabaseUrl(f"there are {len(found)} hosts and {len(numbers)} ports")
    return tuple(map(Host, found, numbers))


def _host_name(name: str) -> str:
    if not name:
        raise WrongDatabaseUrl("one of its hosts is empty")
    if not name.startswith("/"):
        try:
            name.encode("idna")
        except UnicodeError:
            raise WrongDatabaseUrl("its host is no name of a host") from None
    if re.search(r"[\s\x00-\x1f]", name):
        raise WrongDatabaseUrl("its host is no name of a host")
    return name


def _port(text: str) -> int:
    if not text:
        return DEFAULT_PORT
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise WrongDatabaseUrl(f"its port is no number from 1 to 65535; {_ENCODE}")
    return int(text)


def _system_user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        raise WrongDatabaseUrl("it names no user, and the user of this process has no name") from None
