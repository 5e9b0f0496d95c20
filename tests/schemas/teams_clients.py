"""What of a card the weakest of Teams' clients does not draw, by the table that the simulator's page uses."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.teams.page_files import PAGE

TABLE = PAGE / "teams-clients.json"
Support = Literal["yes", "partly", "no", "unknown"]
RuleKind = Literal["raw", "clipped", "ignored", "undrawn", "blank", "overflow", "needs", "astray"]

_UNTYPED = {"facts": "Fact", "columns": "Column", "inlines": "TextRun"}
_NOT_DRAWN = {"data", "fallback", "msteams", "refresh", "targetElements"}


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Rule(_Row):
    """Which elements a row is about, and what becomes of them.

    ``raw``, ``ignored`` and ``undrawn`` are about an element that has one of the properties, with one of
    the values or with a text that matches; ``clipped`` and ``blank`` about one that has none of them.
    ``overflow`` is about one with more primary actions than the limit, ``needs`` about one in a card without
    any element of the type ``beside``, ``astray`` about an action whose targets are not in the card or hold
    the action itself.
    """

    kind: RuleKind
    of: tuple[str, ...]
    """Types of elements; ``*`` stands for any rest of a name."""
    properties: tuple[str, ...] = ()
    values: tuple[Any, ...] = ()
    pattern: str | None = None
    limit: int | None = None
    beside: str | None = None
    outermost: bool = False
    """Whether it says nothing about what is inside a card: a card of ``Action.ShowCard`` needs no version."""
    harmless: bool = False
    """Whether nothing but decoration is lost."""


class Feature(_Row):
    """One row: what the clients do with something that a card may hold."""

    feature: str
    desktop: Support
    web: Support
    ios: Support
    android: Support
    weakest: str
    source: str
    rule: Rule | None = None


class _Table(_Row):
    features: tuple[Feature, ...] = Field(min_length=1)


@dataclass(frozen=True)
class _Element:
    path: str
    type: str
    fields: Mapping[str, Any]


@cache
def features(table: Path = TABLE) -> tuple[Feature, ...]:
    """The rows of the table; fails where one is not of this shape."""
    return _Table.model_validate_json(table.read_text()).features


def problems_on_teams(card: Mapping[str, Any]) -> list[str]:
    """What of the card the weakest client does not do, each with its place; decoration does not count."""
    elements = list(_elements(card, "AdaptiveCard", "card"))
    return [
        f"{element.path}: {row.feature}: {row.weakest} ({row.source})"
        for element in elements
        for row in features()
        if row.rule is not None and not row.rule.harmless and _concerns(row.rule, element, elements)
    ]


def _elements(node: Mapping[str, Any], untyped: str, path: str) -> Iterator[_Element]:
    yield _Element(path, str(node.get("type", untyped)), node)
    for name, value in node.items():
        if name in _NOT_DRAWN:
            continue
        if isinstance(value, Mapping):
            yield from _elements(value, "", f"{path}.{name}")
        elif isinstance(value, list | tuple):
            for place, item in enumerate(value):
                fields = {"text": item} if name == "inlines" and isinstance(item, str) else item
                if isinstance(fields, Mapping):
                    yield from _elements(fields, _UNTYPED.get(name, ""), f"{path}.{name}[{place}]")


def _concerns(rule: Rule, element: _Element, elements: list[_Element]) -> bool:
    if not any(fnmatchcase(element.type, pattern) for pattern in rule.of):
        return False
    if rule.outermost and element is not elements[0]:
        return False
    match rule.kind:
        case "raw" | "ignored" | "undrawn":
            return not rule.properties or _has(rule, element)
        case "clipped" | "blank":
            return not _has(rule, element)
        case "overflow":
            return _primary_actions(element) > (rule.limit or 0)
        case "needs":
            return all(other.type != rule.beside for other in elements)
        case "astray":
            return any(not _is_elsewhere(target, element, elements) for target in _targets(element))


def _has(rule: Rule, element: _Element) -> bool:
    return any(
        _fits(rule, element.fields[name]) for name in rule.properties if element.fields.get(name) is not None
    )


def _fits(rule: Rule, value: object) -> bool:
    if rule.values:
        return value in rule.values
    return rule.pattern is None or (isinstance(value, str) and re.search(rule.pattern, value) is not None)


def _primary_actions(element: _Element) -> int:
    actions = element.fields.get("actions", [])
    return sum(str(action.get("mode", "primary")).lower() != "secondary" for action in actions)


def _targets(element: _Element) -> Iterator[str]:
    for target in element.fields.get("targetElements", []):
        yield target if isinstance(target, str) else target["elementId"]


def _is_elsewhere(target: str, action: _Element, elements: list[_Element]) -> bool:
    """Whether the card has an element with this id that does not hold the action."""
    return any(
        element.fields.get("id") == target and not action.path.startswith(f"{element.path}.")
        for element in elements
    )
