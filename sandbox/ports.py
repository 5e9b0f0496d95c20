"""The sandbox's ports by name, and texts with addresses that follow them.

A simulator keeps addresses of other parts: a webhook's receiver, links on cards and in notes. A later start
may have to give a part another port.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

PortsByName = dict[str, Annotated[int, Field(gt=0, lt=65_536)]]

_LOOPBACK_ADDRESS = re.compile(
    rb"((?::|%3A)(?:/|%2F){2}(?:127\.0\.0\.1|localhost|\[::1\])(?::|%3A))(\d{1,5})(?!\d)", re.IGNORECASE
)
"""Also where it is encoded, as a part of another address's query."""


class KeptPorts(BaseModel):
    """A data folder's file of ports, as JSON; both tables have the ports by what listens there."""

    usual: PortsByName = {}
    """What each part got when it started for the first time."""
    now: PortsByName = {}
    """What this start took; before it, the last one."""


def read_ports(file: Path) -> KeptPorts:
    """What the file says; nothing if there is none, or none that can be read: other ports do as well."""
    try:
        return KeptPorts.model_validate_json(file.read_bytes())
    except (OSError, ValidationError):
        return KeptPorts()


def follow(text: bytes, old: Mapping[str, int], new: Mapping[str, int]) -> bytes:
    """The text, where each address of this machine with a port of ``old`` gets that of ``new``."""
    moved = {before: new[name] for name, before in old.items() if new.get(name, before) != before}

    def address(found: re.Match[bytes]) -> bytes:
        return b"%b%d" % (found[1], moved.get(int(found[2]), int(found[2])))

    return _LOOPBACK_ADDRESS.sub(address, text) if moved else text
