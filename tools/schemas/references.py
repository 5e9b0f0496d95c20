"""What a document refers to inside itself."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

Place = tuple[str, ...]
"""Where something stands in a document: its keys from the top."""

_SHELVES: tuple[Place, ...] = (
    ("definitions",),
    ("parameters",),
    ("responses",),
    ("components", "schemas"),
    ("components", "parameters"),
    ("components", "headers"),
    ("components", "responses"),
    ("components", "requestBodies"),
)
"""Where parts lie under their names for others to refer to."""


class BrokenReference(Exception):
    """A reference that leads out of the document or nowhere."""


def place_of(reference: str) -> Place:
    """The place that a reference like ``#/components/schemas/a~1b`` names. Raises BrokenReference."""
    if not reference.startswith("#"):
        raise BrokenReference(f"{reference} leads out of the document")
    keys = reference.removeprefix("#").split("/")[1:]
    return tuple(unquote(key).replace("~1", "/").replace("~0", "~") for key in keys)


def at(document: Any, place: Place) -> Any:
    """What stands there. Raises BrokenReference."""
    found = document
    for key in place:
        try:
            found = found[int(key)] if isinstance(found, list) else found[key]
        except (LookupError, TypeError, ValueError) as error:
            raise BrokenReference(f"nothing is at #/{'/'.join(place)}") from error
    return found


def without_unreached(document: dict[str, Any]) -> dict[str, Any]:
    """The document with those named parts alone that the rest of it needs, directly or by way of others."""
    rest = {key: value for key, value in document.items() if key not in {shelf[0] for shelf in _SHELVES}}
    reached: set[Place] = set()
    unread: list[Any] = [rest]
    while unread:
        for reference in _references(unread.pop()):
            place = place_of(reference)
            at(document, place)
            part = _placed(place)
            if part is not None and part not in reached:
                reached.add(part)
                unread.append(at(document, part))
    return _with(document, reached)


def _placed(place: Place) -> Place | None:
    """The named part that the place is in."""
    for shelf in _SHELVES:
        if place[: len(shelf)] == shelf and len(place) > len(shelf):
            return place[: len(shelf) + 1]
    return None


def _with(document: dict[str, Any], reached: set[Place], above: Place = ()) -> dict[str, Any]:
    kept = {}
    for key, value in document.items():
        place = (*above, key)
        if above in _SHELVES:
            if place in reached:
                kept[key] = value
        elif any(shelf[: len(place)] == place for shelf in _SHELVES):
            if shelved := _with(value, reached, place):
                kept[key] = shelved
        else:
            kept[key] = value
    return kept


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        if isinstance(node.get("discriminator"), dict):
            yield from node["discriminator"].get("mapping", {}).values()
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)
