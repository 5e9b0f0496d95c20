"""What of a schema says how something is built; the rest is for readers and goes.

Written for JSON Schema (drafts 4 to 7), OpenAPI 3.0 and Swagger 2.0. Every keyword is known here, as one that
stays or as one that goes: a new one ends the extraction instead of getting lost. Extensions (``x-``) go, but
for those that are named here.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any


class UnknownKeyword(Exception):
    """A keyword of which nobody has said whether it stays."""


class Whole(Enum):
    """What happens to a keyword with all that is below it."""

    STAYS = auto()
    GOES = auto()


@dataclass(frozen=True)
class Node:
    """The keyword's value is a node of this kind, or a list of such nodes."""

    kind: str


@dataclass(frozen=True)
class NodesByName:
    """The keyword's value has nodes of this kind under names, which are no keywords."""

    kind: str


Rule = Whole | Node | NodesByName
Grammar = dict[str, Rule]


def _all(keywords: str, rule: Rule) -> Grammar:
    return dict.fromkeys(keywords.split(), rule)


_FOR_READERS = _all(
    "title summary description example examples default externalDocs deprecated tags", Whole.GOES
)

_SCHEMA: Grammar = {
    **_FOR_READERS,
    **_all("$schema $id id $ref type format enum const nullable x-nullable readOnly writeOnly", Whole.STAYS),
    **_all("minimum maximum exclusiveMinimum exclusiveMaximum multipleOf", Whole.STAYS),
    **_all("pattern minLength maxLength minItems maxItems uniqueItems", Whole.STAYS),
    **_all("required minProperties maxProperties discriminator", Whole.STAYS),
    **_all("items additionalItems contains additionalProperties propertyNames", Node("schema")),
    **_all("allOf anyOf oneOf not if then else", Node("schema")),
    **_all("properties patternProperties dependencies definitions", NodesByName("schema")),
    # A card's schema tells with them since when a host knows an element, and by which of its features.
    **_all("version features", Whole.GOES),
}

_PARAMETER: Grammar = {
    **_SCHEMA,
    **_all("name in required style explode allowReserved allowEmptyValue collectionFormat", Whole.STAYS),
    "schema": Node("schema"),
    "content": NodesByName("media type"),
}

_GRAMMARS: dict[str, Grammar] = {
    "schema": _SCHEMA,
    "interface": {
        **_FOR_READERS,
        **_all("info servers host basePath schemes security securityDefinitions", Whole.GOES),
        **_all("openapi swagger consumes produces", Whole.STAYS),
        "paths": NodesByName("path"),
        "components": Node("components"),
        "definitions": NodesByName("schema"),
        "parameters": NodesByName("parameter"),
        "responses": NodesByName("response"),
    },
    "components": {
        **_all("examples securitySchemes links callbacks", Whole.GOES),
        "schemas": NodesByName("schema"),
        "parameters": NodesByName("parameter"),
        "headers": NodesByName("parameter"),
        "responses": NodesByName("response"),
        "requestBodies": NodesByName("body"),
    },
    "path": {
        **_FOR_READERS,
        **_all("servers", Whole.GOES),
        **_all("get put post delete patch options head trace", Node("operation")),
        "parameters": Node("parameter"),
    },
    "operation": {
        **_FOR_READERS,
        **_all("operationId security servers schemes callbacks", Whole.GOES),
        **_all("consumes produces x-pd-requires-scope x-application-permissions x-left-out", Whole.STAYS),
        "parameters": Node("parameter"),
        "requestBody": Node("body"),
        "responses": NodesByName("response"),
    },
    "parameter": _PARAMETER,
    "body": {
        **_FOR_READERS,
        **_all("$ref required", Whole.STAYS),
        "content": NodesByName("media type"),
    },
    "response": {
        **_FOR_READERS,
        **_all("links", Whole.GOES),
        **_all("$ref", Whole.STAYS),
        "headers": NodesByName("parameter"),
        "content": NodesByName("media type"),
        "schema": Node("schema"),
    },
    "media type": {
        **_FOR_READERS,
        **_all("encoding", Whole.GOES),
        "schema": Node("schema"),
    },
}


def structure_of(document: dict[str, Any]) -> dict[str, Any]:
    """The document without a sentence, in its own order. Raises UnknownKeyword."""
    kind = "interface" if document.keys() & {"openapi", "swagger"} else "schema"
    structure: dict[str, Any] = _node(kind, document, "#")
    return structure


def _node(kind: str, node: Any, place: str) -> Any:
    if isinstance(node, list):
        return [_node(kind, one, f"{place}/{number}") for number, one in enumerate(node)]
    if not isinstance(node, dict):
        return node  # True, False, or the name of a property that another depends on
    kept = {}
    for keyword, value in node.items():
        rule = _rule(kind, keyword, place)
        if rule is Whole.STAYS:
            kept[keyword] = value
        elif isinstance(rule, Node):
            kept[keyword] = _node(rule.kind, value, f"{place}/{keyword}")
        elif isinstance(rule, NodesByName):
            kept[keyword] = {
                name: _node(rule.kind, one, f"{place}/{keyword}/{name}") for name, one in value.items()
            }
    return kept


def _rule(kind: str, keyword: str, place: str) -> Rule:
    grammar = _GRAMMARS[kind]
    if keyword in grammar:
        return grammar[keyword]
    if keyword.startswith("x-"):
        return Whole.GOES
    raise UnknownKeyword(
        f"{place}: say in tools/schemas/structure.py whether the keyword {keyword} of a {kind} stays"
    )
