"""Types of values that people write into a configuration: each refuses what cannot work, in a sentence."""

import re
from ipaddress import ip_address
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_core import PydanticCustomError

_LABEL = r"[A-Za-z0-9_-]{1,63}"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_WEEK = 7 * 24 * 3600


def _not_empty(value: str) -> str:
    if not value.strip():
        raise PydanticCustomError("empty", "it is empty")
    return value


def _not_empty_secret(value: SecretStr) -> SecretStr:
    _not_empty(value.get_secret_value())
    return value


def _storable(value: str) -> str:
    if "\0" in value:
        raise PydanticCustomError("not_storable", "it has a character that no database stores")
    return value


def web_address(value: str) -> str:
    """The value; raises PydanticCustomError where it is no address of HTTP."""
    if not is_address(value, "http", "https"):
        raise PydanticCustomError("address", "it must be an address, such as https://host")
    return value


def is_address(text: str, *schemes: str) -> bool:
    """Whether this is a whole web address with a host, and a port that there can be."""
    try:
        parts = urlsplit(text)
        return (
            parts.scheme in schemes
            and _is_host(parts.hostname or "")
            and parts.port != 0
            and text.isprintable()
            and " " not in text
        )
    except ValueError:
        return False


def _is_host(text: str) -> bool:
    """Whether this is the name of a host or an IP address, without brackets."""
    if _NAME.fullmatch(text):
        return True
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _base_address(value: str) -> str:
    parts = urlsplit(web_address(value))
    if "?" in value or "#" in value or parts.username is not None:
        raise PydanticCustomError(
            "base", "it must end with its host, or with a path: others are put behind it"
        )
    return value


def _host(value: str) -> str:
    if not _is_host(value):
        raise PydanticCustomError("host", "it must be the name of a host or an IP address, without a port")
    return value


def _host_and_port(value: str) -> str:
    try:
        parts = urlsplit(f"//{value}")
        whole = _is_host(parts.hostname or "") and bool(parts.port) and parts.netloc == value
    except ValueError:
        whole = False
    if not whole or "@" in value:
        raise PydanticCustomError("host_and_port", "it must be host:port, such as 127.0.0.1:7233")
    return value


def _allowed_host(value: str) -> str:
    if not _is_host(value.removeprefix(".")):
        raise PydanticCustomError(
            "allowed_host",
            "it must be the names of hosts alone, such as smba.trafficmanager.net; .example.com stands for"
            " all names below example.com",
        )
    return value


def _in_small_letters(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


Storable = Annotated[str, AfterValidator(_storable)]
"""A text that may be empty."""
Text = Annotated[Storable, AfterValidator(_not_empty)]
Secret = Annotated[SecretStr, AfterValidator(_not_empty_secret)]
WebAddress = Annotated[str, AfterValidator(web_address)]
AnyCase = BeforeValidator(_in_small_letters)
BaseAddress = Annotated[str, AfterValidator(_base_address)]
"""A web address that paths are put behind."""
Host = Annotated[str, AfterValidator(_host)]
HostAndPort = Annotated[str, AfterValidator(_host_and_port)]
AllowedHost = Annotated[str, AfterValidator(_allowed_host)]
"""A host, or with a leading dot every name below it."""
Seconds = Annotated[float, Field(allow_inf_nan=False, le=_WEEK)]
"""At most a week: timers and timeouts have an end."""
