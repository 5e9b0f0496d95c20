"""Exchanges held against the published description of an interface.

Written here because what is published for Teams is Swagger 2.0, which openapi-core does not read, and
because a parameter or property that nobody described is a fault of ours and no business of a server.
"""

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

import jsonschema_rs

from tests.schemas.exchange import Exchange
from tools.schemas.calls import LEFT_OUT, METHODS, distance

Place = tuple[str | int, ...]
"""Where something stands in the description: its keys from the top."""


class NotAsDescribed(Exception):
    """An exchange differs from the description."""


@dataclass(frozen=True)
class Operation:
    """One call."""

    method: str
    template: str
    place: Place

    def __str__(self) -> str:
        return f"{self.method} {self.template}"


@dataclass(frozen=True)
class Parameter:
    """A parameter; a ``listed`` one has its values in one text, separated by commas."""

    name: str
    where: str
    required: bool
    schema: dict[str, Any]
    listed: bool = False


@dataclass(frozen=True)
class Content:
    """What a body may be; without a schema there is none."""

    media_types: tuple[str, ...] = ()
    schema: Place | None = None


class Api(ABC):
    """An interface by its description; the dialects differ in where they write things down.

    ``of_requests`` is the description that bodies of requests are held against, where it is a stricter one.
    """

    def __init__(self, description: dict[str, Any], *, of_requests: dict[str, Any] | None = None) -> None:
        self._description = description
        self._registry = jsonschema_rs.Registry(
            [("urn:answers", description), ("urn:requests", of_requests or description)],
            draft=jsonschema_rs.Draft4,
        )
        self._operations = tuple(
            Operation(method.upper(), template, ("paths", template, method))
            for template, methods in description["paths"].items()
            for method in methods
            if method in METHODS
        )

    def operation_of(self, exchange: Exchange) -> Operation:
        """The call that this is; a literal part of a path is meant before a variable.

        Fails where there is none, and where the extract leaves it out.
        """
        found = [
            operation
            for operation in self._operations
            if operation.method == exchange.method
            and _variables(operation.template, exchange.path) is not None
        ]
        operation = min(found, key=lambda operation: operation.template.count("{"), default=None)
        if operation is None or LEFT_OUT in self._at(operation.place):
            raise NotAsDescribed(
                f"{exchange}: there is no such call among the used ones (tools/schemas/originals.py)"
            )
        return operation

    def check_request(self, exchange: Exchange) -> None:
        """Fail unless the request is as described: path, parameters, body, and nothing else."""
        operation = self.operation_of(exchange)
        self._check_parameters(operation, exchange)
        content = self._body(operation)
        body = _json_of(exchange, content, exchange.headers, exchange.body)
        if content.schema is not None:
            self._validate(_reference("urn:requests", content.schema), body, str(exchange))

    def check_answer(self, exchange: Exchange) -> None:
        """Fail unless the answer is one that the description has for this call and status."""
        content = self._answer_or_sibling(self.operation_of(exchange), exchange)
        body = _json_of(exchange, content, exchange.answer_headers, exchange.answer)
        if content.schema is not None:
            self._validate(_reference("urn:answers", content.schema), self._mended(body), str(exchange))

    # What the dialects say

    @abstractmethod
    def _parameters(self, operation: Operation) -> Iterable[Parameter]:
        """All parameters but the body."""

    @abstractmethod
    def _body(self, operation: Operation) -> Content:
        """The request's body."""

    @abstractmethod
    def _answer(self, operation: Operation, status: int) -> Content | None:
        """The answer's body; None where the status is not described."""

    # How it is compared

    def _answer_or_sibling(self, operation: Operation, exchange: Exchange) -> Content:
        """An error that is not described is held against what a call as near as possible says of it."""
        content = self._answer(operation, exchange.status)
        if exchange.status >= 400 and (content is None or content.schema is None):
            nearest_first = sorted(
                self._operations, key=lambda other: distance(operation.template, other.template)
            )
            siblings = (self._answer(one, exchange.status) for one in nearest_first)
            content = next((one for one in siblings if one is not None and one.schema), None)
        if content is None:
            raise NotAsDescribed(f"{exchange}: {operation} has no such status")
        return content

    def _check_parameters(self, operation: Operation, exchange: Exchange) -> None:
        given: dict[str, Iterable[tuple[str, str]]] = {
            "path": (_variables(operation.template, exchange.path) or {}).items(),
            "query": exchange.query,
            "header": exchange.headers.items(),
        }
        parameters = list(self._parameters(operation))
        known = {one.name for one in parameters if one.where == "query"}
        for name, _ in exchange.query:
            if name not in known:
                raise NotAsDescribed(f"{exchange}: {operation} has no parameter {name}")
        for one in parameters:
            wanted = one.name.lower() if one.where == "header" else one.name
            values = [value for name, value in given[one.where] if name == wanted]
            if one.required and not values:
                raise NotAsDescribed(f"{exchange}: {operation} requires {one.name}")
            for value in values:
                self._validate(one.schema, _typed(value, one), f"{exchange}: {one.name}")

    def _mended(self, answer: Any) -> Any:
        """The answer, without what the description is wrong about."""
        return answer

    def _validate(self, schema: dict[str, Any], value: Any, what: str) -> None:
        validator = jsonschema_rs.Draft4Validator(schema, registry=self._registry, validate_formats=True)
        try:
            validator.validate(value)
        except jsonschema_rs.ValidationError as error:
            raise NotAsDescribed(f"{what}: {error}") from error

    def _at(self, place: Place) -> Any:
        found: Any = self._description
        for key in place:
            found = found[int(key) if isinstance(found, list) else key]
        return found

    def _resolved(self, place: Place) -> Place:
        """The place itself, or the one that it refers to."""
        while "$ref" in self._at(place):
            keys = unquote(self._at(place)["$ref"]).removeprefix("#/").split("/")
            place = tuple(key.replace("~1", "/").replace("~0", "~") for key in keys)
        return place


def _variables(template: str, path: str) -> dict[str, str] | None:
    """The values of a path's variables by name; None where the path is another's."""
    names = re.findall(r"{([\w-]+)}", template)
    pattern = "([^/]+)".join(map(re.escape, re.split(r"{[\w-]+}", template)))
    match = re.fullmatch(pattern, path)
    return None if match is None else dict(zip(names, map(unquote, match.groups()), strict=True))


def _json_of(exchange: Exchange, content: Content, headers: Mapping[str, str], body: bytes) -> Any:
    """The JSON of a request's or an answer's body; None where there is none and none is described."""
    if content.schema is None:
        if body:
            raise NotAsDescribed(f"{exchange}: a body where none is described")
        return None
    media_type = headers.get("content-type", "none").partition(";")[0]
    if media_type not in content.media_types:
        raise NotAsDescribed(f"{exchange}: {media_type} is not one of {', '.join(content.media_types)}")
    try:
        return json.loads(body)
    except ValueError as error:
        raise NotAsDescribed(f"{exchange}: a body that is not JSON") from error


def _typed(text: str, parameter: Parameter) -> Any:
    if parameter.listed:
        return text.split(",")
    if parameter.schema.get("type") in ("integer", "number", "boolean"):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def _reference(description: str, place: Place) -> dict[str, Any]:
    keys = (str(key).replace("~", "~0").replace("/", "~1") for key in place)
    return {"$ref": f"{description}#/{quote('/'.join(keys))}"}
