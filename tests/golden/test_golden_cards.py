"""Every case of ``cases/`` draws the card that is stored beside it.

A case is ``<name>.view.json``, the card ``<name>.card.json`` and, where the card answers a click,
``<name>.notice.txt``. ``MUSTER_GOLDEN_WRITE=1 pytest tests/golden`` writes the cards; review the diff.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from muster.cards.incident.card import incident_card
from tests.golden.stored import (
    check_has_only_fields_of,
    check_is_drawn_whole,
    check_is_stored,
    check_is_valid_and_small,
    names_in,
)
from workflows.channel_incident.view import CardIdentity, View

CASES = Path(__file__).parent / "cases"
NAMES = names_in(CASES, ".view.json")
IDENTITY = CardIdentity(marker="01JGMARKER", nonce="01JGNONCE")


def view_of(name: str) -> View:
    return View.model_validate_json((CASES / f"{name}.view.json").read_text())


def draw(name: str) -> Mapping[str, Any]:
    notice = CASES / f"{name}.notice.txt"
    return incident_card(
        view_of(name), IDENTITY, notice=notice.read_text().strip() if notice.exists() else None
    )


@pytest.mark.parametrize("name", NAMES)
def test_view_has_only_fields_that_a_view_has(name: str) -> None:
    check_has_only_fields_of(view_of(name), CASES / f"{name}.view.json")


@pytest.mark.parametrize("name", NAMES)
def test_card_is_the_stored_one(name: str) -> None:
    check_is_stored(draw(name), CASES / f"{name}.card.json")


@pytest.mark.parametrize("name", NAMES)
def test_card_is_valid_and_small(name: str) -> None:
    check_is_valid_and_small(draw(name))


@pytest.mark.parametrize("name", NAMES)
def test_card_is_drawn_whole_by_the_weakest_client(name: str) -> None:
    # Where PagerDuty told no address there is no way out by a link.
    check_is_drawn_whole(draw(name), has_way_out=view_of(name).url is not None)


def test_every_card_has_its_view() -> None:
    assert names_in(CASES, ".card.json") == NAMES
