"""The calls of an interface that an extract keeps, and what its checks need of the others."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from tools.schemas.references import at, place_of

METHODS = frozenset({"get", "put", "post", "delete", "patch"})

LEFT_OUT = "x-left-out"
"""Marks a call that the original describes and the extract does not."""


class NoSuchCall(Exception):
    """The original does not describe a call that is said to be used."""


@dataclass(frozen=True)
class Call:
    """One call with its description."""

    method: str
    template: str
    described: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.template}"


def distance(template: str, other: str) -> tuple[bool, bool]:
    """How far another call is, as one whose errors may stand in: same path, same resource, any."""
    return other.split("/")[1] != template.split("/")[1], other != template


def with_calls(description: dict[str, Any], used: Collection[str]) -> dict[str, Any]:
    """The description with the used calls alone, in its own order. Raises NoSuchCall.

    Two things stay of the others, marked as left out: the path alone, where a request to it would be taken
    for a used call (``/users/me`` for ``/users/{id}``), and errors that no call nearer to a used one has.
    """
    calls = [
        Call(method, template, described)
        for template, item in description["paths"].items()
        for method, described in item.items()
        if method in METHODS
    ]
    if missing := set(used) - {str(call) for call in calls}:
        raise NoSuchCall(f"the original does not describe {', '.join(sorted(missing))}")
    stays = {str(call): call.described for call in calls if str(call) in used}
    stays |= _of_others(description, calls, used)
    paths = {}
    for template, item in description["paths"].items():
        operations = {
            method: stays[name] for method in item if (name := f"{method.upper()} {template}") in stays
        }
        is_used = any(LEFT_OUT not in operation for operation in operations.values())
        shared = {key: value for key, value in item.items() if is_used and key not in METHODS}
        if operations:
            paths[template] = shared | operations
    return {**description, "paths": paths}


def _of_others(
    description: dict[str, Any], calls: Collection[Call], used: Collection[str]
) -> dict[str, dict[str, Any]]:
    """The other calls of which something stays, as operations with that alone."""
    ours = [call for call in calls if str(call) in used]
    others = {str(call): call for call in calls if str(call) not in used}
    errors: dict[str, dict[str, Any]] = {
        name: {} for name, other in others.items() if any(_hides(other, call) for call in ours)
    }
    for call in ours:
        for status, nearest in _stand_ins(description, call, calls):
            if str(nearest) in others:
                errors.setdefault(str(nearest), {})[status] = nearest.described["responses"][status]
    return {name: _left_out(others[name], answers) for name, answers in errors.items()}


def _left_out(call: Call, answers: dict[str, Any]) -> dict[str, Any]:
    media_types = {"produces": call.described["produces"]} if "produces" in call.described else {}
    return {LEFT_OUT: True, **media_types, "responses": answers}


def _hides(other: Call, call: Call) -> bool:
    """Whether a path may be of both calls, and is not the used one's alone for having fewer variables."""
    theirs, ours = other.template.split("/"), call.template.split("/")
    return (
        other.method == call.method
        and len(theirs) == len(ours)
        and other.template.count("{") <= call.template.count("{")
        and all("{" in one + two or one == two for one, two in zip(theirs, ours, strict=True))
    )


def _stand_ins(
    description: dict[str, Any], call: Call, calls: Collection[Call]
) -> Iterator[tuple[str, Call]]:
    """For each error that the call does not describe with a body: the nearest call that does."""
    statuses = {status for one in calls for status in one.described["responses"] if _is_error(status)}
    nearest_first = sorted(calls, key=lambda other: distance(call.template, other.template))
    for status in sorted(statuses):
        describing = (other for other in (call, *nearest_first) if _has_body(description, other, status))
        nearest = next(describing, call)
        if nearest is not call:
            yield status, nearest


def _is_error(status: str) -> bool:
    return status == "default" or status >= "400"


def _has_body(description: dict[str, Any], call: Call, status: str) -> bool:
    answer = call.described["responses"].get(status, {})
    while "$ref" in answer:
        answer = at(description, place_of(answer["$ref"]))
    return bool(answer.get("content") or answer.get("schema"))
