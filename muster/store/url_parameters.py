"""The parameters of ``DATABASE_URL``: what Muster makes of each, and why it refuses the others."""

from typing import Any, TypedDict, cast, get_args

from muster.store.database_address import (
    SYSTEM_AUTHORITIES,
    SessionTarget,
    SslMode,
    WrongDatabaseUrl,
)

_LONGEST_CONNECT_TIMEOUT = 60
_SERVER_SETTINGS = ("options", "search_path")
_TEXTS = ("application_name", "sslrootcert", "sslcert", "sslkey")


class KeptParameters(TypedDict, total=False):
    """Fields of a ``DatabaseAddress``."""

    sslmode: SslMode
    sslrootcert: str
    sslcert: str
    sslkey: str
    connect_timeout: int
    session_target: SessionTarget
    application_name: str
    server_settings: tuple[tuple[str, str], ...]


def kept_parameters(given: dict[str, str]) -> KeptParameters:
    """What the parameters say; raises ``WrongDatabaseUrl`` for one that says nothing to anybody here."""
    left = dict(given)
    if left.get("ssl") == "true":  # as drivers of other languages write it; libpq knows it, too
        left.setdefault("sslmode", "require")
        del left["ssl"]
    # Neither driver binds channels or encrypts with GSSAPI. Whoever requires it must not get less.
    for name in ("channel_binding", "gssencmode"):
        if _one_of(name, left.pop(name, "prefer"), ("disable", "allow", "prefer", "require")) == "require":
            raise WrongDatabaseUrl(
                f"{name}=require cannot be kept; {name}=prefer can, and sslmode=verify-full knows the server"
            )
    kept: dict[str, Any] = {name: value for name in _TEXTS if (value := left.pop(name, ""))}
    if "sslmode" in left:
        kept["sslmode"] = _one_of("sslmode", left.pop("sslmode"), get_args(SslMode))
    if "target_session_attrs" in left:
        target = left.pop("target_session_attrs")
        kept["session_target"] = _one_of("target_session_attrs", target, get_args(SessionTarget))
    if "connect_timeout" in left:
        kept["connect_timeout"] = _seconds(left.pop("connect_timeout"))
    kept["server_settings"] = tuple((name, left.pop(name)) for name in _SERVER_SETTINGS if name in left)
    if left:
        raise WrongDatabaseUrl(f"nobody here knows the parameter {min(left)[:60]!r}: leave it out")
    _check_certificates(kept)
    return cast(KeptParameters, kept)


def _one_of(name: str, value: str, values: tuple[str, ...]) -> str:
    if value not in values:
        raise WrongDatabaseUrl(f"{name} is one of {', '.join(values)}")
    return value


def _seconds(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= _LONGEST_CONNECT_TIMEOUT):
        raise WrongDatabaseUrl(f"connect_timeout is a number of seconds from 1 to {_LONGEST_CONNECT_TIMEOUT}")
    return int(text)


def _check_certificates(kept: dict[str, Any]) -> None:
    mode, authorities = kept.get("sslmode", "prefer"), kept.get("sslrootcert")
    if mode == "verify-ca" and authorities in (None, SYSTEM_AUTHORITIES):
        # Any public authority would vouch for any host.
        raise WrongDatabaseUrl("sslmode=verify-ca needs sslrootcert, the path of the authorities to trust")
    if authorities == SYSTEM_AUTHORITIES and mode != "verify-full":
        raise WrongDatabaseUrl("sslrootcert=system needs sslmode=verify-full")
    if ("sslcert" in kept) != ("sslkey" in kept):
        raise WrongDatabaseUrl("sslcert and sslkey belong together")
