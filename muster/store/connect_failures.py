"""Why the database lets us not in: a sentence for each reason, with the place and without the password."""

import socket
import ssl

import asyncpg

from muster.store.database_address import DatabaseAddress, Host


class TlsNotOffered(Exception):
    """The server does not take up TLS."""


class TlsFileUnusable(Exception):
    """A file that the address names for TLS cannot be read; the text is the system's or OpenSSL's."""


FAILURES = (
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    TlsNotOffered,
    TlsFileUnusable,
)
"""All that an attempt to connect may raise."""

REFUSED = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.SyntaxOrAccessError,  # a privilege, or a setting that the server does not know
    asyncpg.DataError,  # a setting's value
    ssl.SSLCertVerificationError,
    TlsNotOffered,
    TlsFileUnusable,
)
"""Failures that waiting does not mend."""


class NoConnection(ConnectionError):
    """No host let us in. The text is a sentence for the operator, and holds no password."""

    def __init__(self, address: DatabaseAddress, failures: dict[Host, Exception]) -> None:
        self.refused = isinstance(list(failures.values())[-1], REFUSED)
        """Whether waiting is of no use."""
        reasons = [(host, reason(error, host, address)) for host, error in failures.items()]
        told = reasons[0][1] if len(reasons) == 1 else "; ".join(f"{host}: {why}" for host, why in reasons)
        verb = "refuses the connection" if self.refused else "cannot be reached"
        super().__init__(f"the database at {address} {verb}: {told}")


def reason(error: Exception, host: Host, address: DatabaseAddress) -> str:
    """What went wrong with one host."""
    match error:
        case TlsNotOffered():
            return f"it does not offer TLS, which sslmode={address.sslmode} asks for"
        case TlsFileUnusable():
            files = filter(None, (address.sslrootcert, address.sslcert, address.sslkey))
            return f"{', '.join(files)} cannot be used for TLS: {error}"
        case ssl.SSLCertVerificationError():
            trusted = address.sslrootcert or "the system's authorities"
            return f"its certificate is not trusted (by {trusted}): {error.verify_message}"
        case ssl.SSLError():
            return f"TLS failed: {error.reason or error}"
        case socket.gaierror():
            return f"its name cannot be looked up: {error.strerror}"
        case TimeoutError():
            return f"no answer within {address.connect_timeout} s"
        case ConnectionRefusedError():
            return "nothing listens there"
        case FileNotFoundError() if host.is_socket:
            return "there is no such socket"
        case asyncpg.TooManyConnectionsError():
            return f"it has no connection left for us: {error}"
        case asyncpg.TargetServerAttributeNotMatched():
            return f"it is not {address.session_target}, which target_session_attrs asks for"
        case asyncpg.ConnectionDoesNotExistError() | ConnectionResetError() | asyncpg.InternalClientError():
            return "it broke the connection off before it let us in: is it a PostgreSQL server?"
        case OSError():
            return error.strerror or _first_line(error)
        case _:  # in the server's words
            return _first_line(error)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
