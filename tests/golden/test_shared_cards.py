"""Every case of ``shared/`` draws the card that is stored beside it.

A case is ``<name>.picture.json`` and the card ``<name>.card.json``. ``<name>.live.txt``, where there is one,
is the address of the incident's live card in the same conversation. ``make golden`` writes the cards; review
the diff.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from muster.cards.incident.following import FOLLOWED_ALREADY
from muster.cards.incident.picture import Picture
from muster.cards.incident.shared import shared_card
from tests.golden import test_golden_cards as live
from tests.golden.test_setup_cards import LIMIT, actions_of
from tests.schemas.cards import check_card
from tests.schemas.teams_clients import problems_on_teams

CASES = Path(__file__).parent / "shared"
NAMES = sorted(path.name.removesuffix(".picture.json") for path in CASES.glob("*.picture.json"))
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
    stored = json.loads((CASES / f"{name}.picture.json").read_text())
    assert picture_of(name).model_dump(mode="json", exclude_unset=True) == stored


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
    if picture_of(name).view.url is None:
        problems = [problem for problem in problems if "Action.OpenUrl" not in problem]
    assert problems == []


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
    assert sorted(path.name.removesuffix(".card.json") for path in CASES.glob("*.card.json")) == NAMES
