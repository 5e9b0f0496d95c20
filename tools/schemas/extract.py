"""One extract: where it is from, and the structure of what is used."""

import hashlib
import json
from typing import Any

from tools.schemas.calls import with_calls
from tools.schemas.originals import Original
from tools.schemas.references import at, place_of, without_unreached
from tools.schemas.structure import structure_of


class NotNames(Exception):
    """What is said to be a list of names is none."""


def extract_of(original: Original, text: bytes) -> dict[str, Any]:
    """The extract of an original with this text.

    Raises UnknownKeyword, BrokenReference, NoSuchCall, NotNames where somebody must look at the original.
    """
    document = json.loads(text)
    used = with_calls(document, original.calls) if original.calls else document
    source = {"name": original.name, "file": original.file, "published": original.published}
    if "version" in document.get("info", {}):
        source["version"] = document["info"]["version"]
    source["sha256"] = hashlib.sha256(text).hexdigest()
    return {
        "source": source,
        "names": {what: _names(document, pointer) for what, pointer in original.names.items()},
        "structure": without_unreached(structure_of(used)),
    }


def _names(document: dict[str, Any], pointer: str) -> list[str]:
    names = at(document, place_of(f"#{pointer}"))
    if not isinstance(names, list) or not all(isinstance(name, str) and " " not in name for name in names):
        raise NotNames(f"{pointer} is no list of names")
    return names
