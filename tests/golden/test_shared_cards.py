"""Every case of ``shared/`` draws the card that is stored beside it.

A case is ``<name>.picture.json`` and the card ``<name>.card.json``. ``<name>.live.txt``, where there is one,
is the address of the incident's live card in the same conversation. ``make golden`` writes the cards; review
the diff.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from muster.cards.incident.following import FOLLOWED_ALREADY
from muster.cards.incident.picture import Picture
from muster.cards.incident.shared import shared_card
from tests.golden import test_golden_cards as live
from tests.golden.stored import (
    actions_of,
    check_has_only_fields_of,
    check_is_drawn_whole,
    check_is_stored,
    check_is_valid_and_small,
    names_in,
)

CASES = Path(__file__).parent / "shared"
NAMES = names_in(CASES, ".picture.json")
SIGNED = "{…}.SIGNATURE"


def picture_of(name: str) -> Picture:
    return Picture.model_validate_json((CASES / f"{name}.picture.json").read_text())


def live_card_of(name: str) -> str | None:
    path = CASES / f"{name}.live.txt"
    return path.read_text().strip() if path.exists() else None


def draw(name: str) -> Mapping[str, Any]:
    return shared_card(picture_of(name), SIGNED, live=live_card_of(name))


@pytest.mark.parametrize("name", NAMES)
def test_picture_has_only_fields_that_a_picture_has(name: str) -> None:
    check_has_only_fields_of(picture_of(name), CASES / f"{name}.picture.json")


@pytest.mark.parametrize("name", NAMES)
def test_card_is_the_stored_one(name: str) -> None:
    check_is_stored(draw(name), CASES / f"{name}.card.json")


@pytest.mark.parametrize("name", NAMES)
def test_card_is_valid_and_small(name: str) -> None:
    check_is_valid_and_small(draw(name), refreshes=True)


@pytest.mark.parametrize("name", NAMES)
def test_card_is_drawn_whole_by_the_weakest_client(name: str) -> None:
    check_is_drawn_whole(draw(name), has_way_out=picture_of(name).view.url is not None)


@pytest.mark.parametrize("name", NAMES)
def test_it_says_that_it_is_a_picture_and_of_when(name: str) -> None:
    at = picture_of(name).view.as_of.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert f"A picture, as of {{{{DATE({at},SHORT)}}}}" in json.dumps(draw(name))


@pytest.mark.parametrize("name", NAMES)
def test_its_actions_are_follow_refresh_and_links_and_say_that_they_are_shared(name: str) -> None:
    card = draw(name)
    executed = {one["verb"]: one["data"] for one in actions_of(card) if one["type"] == "Action.Execute"}
    view, is_followed = picture_of(name).view, live_card_of(name) is not None
    follow = {} if is_followed else {"follow": {"s": 1, "a": view.account, "i": view.incident_id}}
    assert executed == follow | {"refresh": {"s": 1, "p": SIGNED}}
    titles = [one["title"] for one in actions_of(card["body"]) if "title" in one]
    first = "Open the live card" if is_followed else "Follow here"
    assert titles == [first, "Open in PagerDuty"][: 1 if view.url is None else 2]


@pytest.mark.parametrize("name", NAMES)
def test_it_tells_of_follow_here_where_that_button_is(name: str) -> None:
    text = json.dumps(draw(name)["body"])
    is_followed = live_card_of(name) is not None
    assert ("**Follow here** posts a card" in text) != is_followed
    assert (FOLLOWED_ALREADY in text) == is_followed


@pytest.mark.parametrize("name", NAMES)
def test_its_refresh_names_no_people(name: str) -> None:
    assert set(draw(name)["refresh"]) == {"action"}


@pytest.mark.parametrize("name", live.NAMES)
def test_no_live_card_has_a_refresh(name: str) -> None:
    """Each of our edits would bring an invoke from everybody who reads it."""
    assert "refresh" not in live.draw(name)
    assert all(action.get("data", {}).get("s") is None for action in actions_of(live.draw(name)))


def test_every_card_has_its_picture() -> None:
    assert names_in(CASES, ".card.json") == NAMES
