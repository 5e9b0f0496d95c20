"""How the database is reached: the parts of ``DATABASE_URL``, which every user of the database shares."""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, urlencode

from pydantic import SecretStr

SslMode = Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]
"""libpq's modes, with its meanings."""
SessionTarget = Literal["any", "primary", "standby", "prefer-standby", "read-write", "read-only"]

DEFAULT_PORT = 5432
SYSTEM_AUTHORITIES = "system"
"""libpq's word for the certificate authorities that the system trusts."""


class WrongDatabaseUrl(ValueError):
    """A text is no address, or asks for what nobody here can do; the error's text says what."""


@dataclass(frozen=True)
class Host:
    """One server: a name, an IP address, or the folder of a Unix socket."""

    name: str
    port: int = DEFAULT_PORT

    @property
    def is_socket(self) -> bool:
        """Whether the name is the folder of a Unix socket."""
        return self.name.startswith("/")

    def __str__(self) -> str:
        if self.is_socket:
            return f"{self.name}/.s.PGSQL.{self.port}"
        return f"[{self.name}]:{self.port}" if ":" in self.name else f"{self.name}:{self.port}"


@dataclass(frozen=True, kw_only=True)
class DatabaseAddress:
    """Where the database is, who asks, and how the connection is made; its text shows no secret."""

    hosts: tuple[Host, ...]
    """Tried one after the other."""
    user: str
    password: SecretStr
    """Empty where the address has none."""
    database: str
    sslmode: SslMode = "prefer"
    sslrootcert: str | None = None
    """Path of the authorities to trust, or ``SYSTEM_AUTHORITIES``."""
    sslcert: str | None = None
    sslkey: str | None = None
    connect_timeout: int = 5
    """Seconds for each host."""
    session_target: SessionTarget = "any"
    application_name: str = "muster"
    server_settings: tuple[tuple[str, str], ...] = ()
    """``options`` and ``search_path``, as the server is given them when a session begins."""
    pooled: bool = False
    """Whether a pooler gives each transaction another session of the server's."""

    def __str__(self) -> str:
        return f"{', '.join(map(str, self.hosts))}/{self.database}"

    def for_dbmate(self, host: Host, *, tls: bool) -> str:
        """The address of one host as dbmate reads it, for the way in which it was reached just now.

        dbmate's driver has its own defaults for TLS and knows neither several hosts nor brackets around an
        IPv6 address: it is told everything, and the host as a parameter.
        """
        mode = "disable"
        if tls:
            mode = self.sslmode if self.sslmode in ("verify-ca", "verify-full") else "require"
        parameters = {
            "host": host.name,
            "port": str(host.port),
            "sslmode": mode,
            "connect_timeout": str(self.connect_timeout),
            "application_name": self.application_name,
            **dict(self.server_settings),
        }
        if tls:
            files = {"sslcert": self.sslcert, "sslkey": self.sslkey, "sslrootcert": self.sslrootcert}
            parameters |= {name: path for name, path in files.items() if path and path != SYSTEM_AUTHORITIES}
        password = quote(self.password.get_secret_value(), safe="")
        user, database = quote(self.user, safe=""), quote(self.database, safe="")
        return f"postgres://{user}:{password}@/{database}?{urlencode(parameters, quote_via=quote)}"
