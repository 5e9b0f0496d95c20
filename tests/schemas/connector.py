"""The Bot Connector as Microsoft describes it."""

from copy import deepcopy
from functools import cache
from typing import Any

from tests.schemas import structure
from tests.schemas.dialects import Swagger2
from tools.schemas.originals import CONNECTOR

_OPEN = frozenset({"Entity"})
"""Definitions that others extend without saying so: a mention is an entity."""


@cache
def connector_api() -> Swagger2:
    """The description, read once. Requests of ours may hold nothing that it does not name."""
    description = structure(CONNECTOR)
    return Swagger2(description, of_requests=_closed(description))


def _closed(description: dict[str, Any]) -> dict[str, Any]:
    """The same description, but an object has the described properties and no others."""
    closed = deepcopy(description)
    for name, definition in closed["definitions"].items():
        if definition.get("properties") and name not in _OPEN:
            definition["additionalProperties"] = False
    return closed
