"""Bodies of calls: at most 64 KB, one JSON object, in which every type is as declared.

What others send is read leniently as JSON (docs/decisions/0032), whatever its content type says: whoever
builds a workflow forgets the header. A list is declared as ``list[…]``: strict types take it for no tuple.
"""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator
from pydantic_core import PydanticCustomError
from starlette.requests import Request

from api.body import read_body
from api.public.errors import ApiError
from muster.lenient_json import read_json
from muster.values import identifier, storable

LARGEST = 64 * 1024
"""Bytes."""


def pagerduty_id(value: str) -> str:
    """An incident's id. PagerDuty takes a number for one too; everything here goes by the id alone."""
    if identifier(value) is None or value.isdecimal():
        raise PydanticCustomError("id", "it is no id")
    return value


class PagerDutyBody(BaseModel):
    """A body, or an object in it, in PagerDuty's own shape: what we do not know in it is ignored."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", hide_input_in_errors=True)

    @field_validator("*", mode="before")
    @classmethod
    def _storable(cls, value: Any) -> Any:
        if any(text != storable(text) for text in _texts(value)):
            raise PydanticCustomError("not_storable", "it has a character that no database stores")
        return value


class StrictBody(PagerDutyBody):
    """The same of our own: an unknown field is refused, since it may be one that is misspelled."""

    model_config = ConfigDict(extra="forbid")


class WithBody(Request):
    """A request whose body has been read."""

    def __init__(self, request: Request, raw: bytes, content: Any) -> None:
        # FastAPI looks for JSON only where the header says so.
        headers = [field for field in request.scope["headers"] if field[0] != b"content-type"]
        headers.append((b"content-type", b"application/json"))
        super().__init__({**request.scope, "headers": headers}, request.receive)
        self._raw = raw
        self._content = content

    async def body(self) -> bytes:
        """As it came."""
        return self._raw

    async def json(self) -> Any:
        """The object in it."""
        return self._content


async def read_object(request: Request) -> WithBody:
    """The request with its body read; raises ``ApiError`` 400, or HTTPException 413.

    An empty body is left to the route, which knows whether it needs one.
    """
    raw = await read_body(request, LARGEST)
    if not raw.strip():
        return WithBody(request, b"", None)
    try:
        content = read_json(raw)
    except ValueError as error:
        raise ApiError(400, "the body is not JSON") from error
    if not isinstance(content, dict):
        raise ApiError(400, "the body must be a JSON object")
    return WithBody(request, raw, content)


def _texts(value: Any) -> Iterator[str]:
    """The texts of a field that is no object."""
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str):
            yield one
