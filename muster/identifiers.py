"""Identifiers that are more than text: UUIDs and subdomains, in small letters wherever they are kept.

Microsoft writes a tenant, an app or a person in either case, and so do people who copy one into a file. They
are compared and stored in small letters.
"""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
"""A label of a host name (RFC 1123 §2.1)."""


def uuid_of(value: Any) -> str | None:
    """A UUID in small letters, with its hyphens; ``None`` for anything else."""
    text = value.lower() if isinstance(value, str) else ""
    return text if _UUID.fullmatch(text) else None


def subdomain_of(value: Any) -> str | None:
    """A PagerDuty account's subdomain in small letters; ``None`` for anything else, such as a whole host."""
    text = value.lower() if isinstance(value, str) else ""
    return text if _LABEL.fullmatch(text) else None


def _uuid(value: Any) -> str:
    if (found := uuid_of(value)) is None:
        raise PydanticCustomError("uuid", "it must be a UUID: 8-4-4-4-12 hexadecimal digits")
    return found


def _uuid_or_nothing(value: Any) -> str | None:
    return None if value is None or value == "" else _uuid(value)


def _subdomain(value: Any) -> str:
    if (found := subdomain_of(value)) is None:
        raise PydanticCustomError(
            "subdomain", "it must be the account's subdomain alone: the part before .pagerduty.com"
        )
    return found


Uuid = Annotated[str, BeforeValidator(_uuid)]
UuidOrNothing = Annotated[str | None, BeforeValidator(_uuid_or_nothing)]
Subdomain = Annotated[str, BeforeValidator(_subdomain)]
