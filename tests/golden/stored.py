"""Cards and texts that are stored beside what they are drawn of, and what holds of each card.

``make golden`` writes them; review the diff.
"""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.schemas.cards import check_card
from tests.schemas.teams_clients import problems_on_teams
from workflows.values import Value

LIMIT = 28 * 1024
"""Bytes of UTF-8, as the connector call carries the card."""


def names_in(folder: Path, ending: str) -> list[str]:
    """The cases of a folder: what stands before this ending of a file's name."""
    return sorted(path.name.removesuffix(ending) for path in folder.glob(f"*{ending}"))


def check_has_only_fields_of(value: Value, file: Path) -> None:
    """A field that the value no longer has would be ignored, and the case would show less than it says."""
    assert value.model_dump(mode="json", exclude_unset=True) == json.loads(file.read_text())


def check_is_stored(card: Mapping[str, Any], file: Path) -> None:
    """The card is the one in the file, which is written first where somebody asks for it."""
    if os.environ.get("MUSTER_GOLDEN_WRITE"):
        file.write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n")
    assert card == json.loads(file.read_text())


def check_text_is_stored(text: str, file: Path) -> None:
    """The text is the one in the file, likewise."""
    if os.environ.get("MUSTER_GOLDEN_WRITE"):
        file.write_text(text)
    assert text == file.read_text()


def check_is_valid_and_small(card: Mapping[str, Any], *, refreshes: bool = False) -> None:
    """It is as the schema wants it, and Teams takes it. Only a shared card has others ask for a newer one."""
    assert ("refresh" in card) == refreshes
    assert len(json.dumps(card, ensure_ascii=False).encode()) <= LIMIT
    check_card(card)


def check_is_drawn_whole(card: Mapping[str, Any], *, has_way_out: bool) -> None:
    """By the weakest client, which wants a link as a way out; not every card has one."""
    problems = problems_on_teams(card)
    if not has_way_out:
        problems = [problem for problem in problems if "Action.OpenUrl" not in problem]
    assert problems == []


def actions_of(node: Any) -> Iterator[Mapping[str, Any]]:
    """Every action of a card, however deep."""
    if isinstance(node, Mapping):
        if str(node.get("type", "")).startswith("Action."):
            yield node
        for value in node.values():
            yield from actions_of(value)
    elif isinstance(node, list):
        for item in node:
            yield from actions_of(item)
