"""Every case of ``cases/`` draws the card that is stored beside it.

A case is ``<name>.view.json``, the card ``<name>.card.json`` and, where the card answers a click,
``<name>.notice.txt``. ``MUSTER_GOLDEN_WRITE=1 pytest tests/golden`` writes the cards; review the diff.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from muster.cards.incident.card import incident_card
from tests.schemas.cards import check_card
from tests.schemas.teams_clients import problems_on_teams
from workflows.channel_incident.view import CardIdentity, View

CASES = Path(__file__).parent / "cases"
NAMES = sorted(path.name.removesuffix(".view.json") for path in CASES.glob("*.view.json"))
IDENTITY = CardIdentity(marker="01JGMARKER", nonce="01JGNONCE")
LIMIT = 28 * 1024
"""Bytes of UTF-8, as the connector call carries the card."""


def view_of(name: str) -> View:
    return View.model_validate_json((CASES / f"{name}.view.json").read_text())


def draw(name: str) -> Mapping[str, Any]:
    notice = CASES / f"{name}.notice.txt"
    return incident_card(
        view_of(name), IDENTITY, notice=notice.read_text().strip() if notice.exists() else None
    )


@pytest.mark.parametrize("name", NAMES)
def test_view_has_only_fields_that_a_view_has(name: str) -> None:
    """A field that a view no longer has would be ignored, and the case would show less than it says."""
    stored = json.loads((CASES / f"{name}.view.json").read_text())
    assert view_of(name).model_dump(mode="json", exclude_unset=True) == stored


@pytest.mark.parametrize("name", NAMES)
def test_card_is_the_stored_one(name: str) -> None:
    card = draw(name)
    stored = CASES / f"{name}.card.json"
    if os.environ.get("MUSTER_GOLDEN_WRITE"):
        stored.write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n")
    assert card == json.loads(stored.read_text())


@pytest.mark.parametrize("name", NAMES)
def test_card_is_valid_and_small(name: str) -> None:
    card = draw(name)
    assert len(json.dumps(card, ensure_ascii=False).encode()) <= LIMIT
    check_card(card)


@pytest.mark.parametrize("name", NAMES)
def test_card_is_drawn_whole_by_the_weakest_client(name: str) -> None:
    problems = problems_on_teams(draw(name))
    if view_of(name).url is None:  # PagerDuty told no address: there is no way out by a link
        problems = [problem for problem in problems if "Action.OpenUrl" not in problem]
    assert problems == []


def test_every_card_has_its_view() -> None:
    assert sorted(path.name.removesuffix(".card.json") for path in CASES.glob("*.card.json")) == NAMES
