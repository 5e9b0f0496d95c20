"""One of Graph's calls that Teams' simulator answers: as it came, what it is, and its answer."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlencode

from sandbox.graph_errors import bad_request
from sandbox.teams.state import Json


@dataclass(frozen=True)
class GraphCall:
    """A call below ``/v1.0``, as it came."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Json
    address: str
    """Graph's own address, for the links of pages."""
    gone: Collection[str] = ()
    """Object ids of people who were deleted from the directory."""
    dropped: Collection[str] = ()
    """Object ids of people whom a creation leaves out without a word."""
    blocked: bool = False
    """Whether the chat takes nobody more."""
    no_provider: bool = False
    """Whether the entry of a calendar gets no online meeting."""
    join_after: float = 0
    """Seconds from the making of an entry until its address to join is told."""


class Answer(NamedTuple):
    """What a call is answered with."""

    status: int
    body: Json | None = None
    location: str | None = None


class Known(NamedTuple):
    """Which call it is."""

    on: str
    """As faults name its kind: ``chat``, ``member``, ``install``, ``event`` or ``meeting``."""
    one_of: tuple[str, ...]
    """The permissions of which it takes any."""
    run: Callable[[], Answer]
    """Raises GraphError."""
    chat: str | None = None
    person: str | None = None
    """Whose calendar or meeting it is about, as the path names them."""


def page(call: GraphCall, shown: list[Json], more: bool, name: str, size: int) -> Answer:
    """A page of a list, with the address of the next one, whose place the parameter ``name`` tells."""
    body: dict[str, Any] = {"@odata.count": len(shown), "value": shown}
    if more:
        query = urlencode({**call.query, name: int(call.query.get(name, "0")) + min(size, len(shown))})
        body["@odata.nextLink"] = f"{call.address}/v1.0{call.path}?{query}"
    return Answer(200, body)


def number_in(query: Mapping[str, str], name: str) -> int:
    """A parameter that is a number, 0 where it is left out; raises GraphError."""
    value = query.get(name, "0")
    if not value.isdecimal():
        raise bad_request(f"Invalid value for {name}.")
    return int(value)
