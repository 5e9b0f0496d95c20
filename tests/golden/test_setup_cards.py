"""Every case of ``setup/`` draws the card that is stored beside it.

A case is ``<name>.view.json`` and the card ``<name>.card.json``. ``make golden`` writes the cards; review the
diff.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from muster.cards.setup.card import setup_card, setup_summary
from tests.golden.stored import (
    actions_of,
    check_has_only_fields_of,
    check_is_drawn_whole,
    check_is_stored,
    check_is_valid_and_small,
    names_in,
)
from workflows.account_link.workflow_type import LINK_BUTTONS
from workflows.team_setup.state import PUBLIC_KINDS
from workflows.team_setup.view import NoticeView
from workflows.team_setup.workflow_type import BUTTONS

CASES = Path(__file__).parent / "setup"
NAMES = names_in(CASES, ".view.json")
LINK = "https://muster.example/l/17.SIGNATURE"
KEY = "0123456789AB"


def view_of(name: str) -> NoticeView:
    return NoticeView.model_validate_json((CASES / f"{name}.view.json").read_text())


def draw(name: str) -> Mapping[str, Any]:
    """As an activity draws it: with the link of an offer, and the KEY where the card is expanded."""
    view = view_of(name)
    link = LINK if view.offer is not None else None
    return setup_card(view, link=link, key=KEY if view.expanded else None)


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
    # Without an offer there is no link that could be a way out.
    check_is_drawn_whole(draw(name), has_way_out=view_of(name).offer is not None)


@pytest.mark.parametrize("name", NAMES)
def test_every_button_names_its_team_and_message_and_asks_for_what_somebody_answers(name: str) -> None:
    view = view_of(name)
    for action in actions_of(draw(name)):
        if action["type"] == "Action.Execute":
            answered = LINK_BUTTONS if view.kind == "welcome" else BUTTONS
            assert action["verb"] in answered
            assert (action["data"]["team"], action["data"]["notice"]) == (view.team, view.name)
        else:
            assert action["url"] == LINK


@pytest.mark.parametrize("name", [name for name in NAMES if view_of(name).kind in PUBLIC_KINDS])
def test_what_everybody_reads_holds_neither_link_nor_key(name: str) -> None:
    card = json.dumps(setup_card(view_of(name), link=LINK, key=KEY))
    assert LINK not in card
    assert KEY not in card


@pytest.mark.parametrize("name", NAMES)
def test_the_key_stands_on_an_expanded_card_alone(name: str) -> None:
    text = json.dumps(setup_card(view_of(name), link=LINK, key=KEY))
    assert (f"authorize {KEY}" in text) == view_of(name).expanded


@pytest.mark.parametrize("name", NAMES)
def test_a_notification_is_one_plain_line(name: str) -> None:
    summary = setup_summary(view_of(name))
    assert summary
    assert "\n" not in summary


def test_every_card_has_its_view() -> None:
    assert names_in(CASES, ".card.json") == NAMES
