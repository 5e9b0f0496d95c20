"""Every case of ``connections/`` draws the card that is stored beside it.

A case is ``<name>.view.json`` and the card ``<name>.card.json``. ``make golden`` writes the cards; review the
diff.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest

from muster.cards.connections.card import connection_card, connection_summary
from tests.golden.stored import (
    actions_of,
    check_has_only_fields_of,
    check_is_drawn_whole,
    check_is_stored,
    check_is_valid_and_small,
    names_in,
)
from workflows.connect_channel.view import ConnectionView, Showing

CASES = Path(__file__).parent / "connections"
NAMES = names_in(CASES, ".view.json")


def view_of(name: str) -> ConnectionView:
    return ConnectionView.model_validate_json((CASES / f"{name}.view.json").read_text())


def draw(name: str) -> Mapping[str, Any]:
    return connection_card(view_of(name))


def test_every_showing_has_a_case() -> None:
    assert {view_of(name).showing for name in NAMES} == set(get_args(Showing))


@pytest.mark.parametrize("name", NAMES)
def test_view_has_only_fields_that_a_view_has(name: str) -> None:
    check_has_only_fields_of(view_of(name), CASES / f"{name}.view.json")


@pytest.mark.parametrize("name", NAMES)
def test_card_is_the_stored_one(name: str) -> None:
    check_is_stored(draw(name), CASES / f"{name}.card.json")


@pytest.mark.parametrize("name", NAMES)
def test_card_is_valid_and_small(name: str) -> None:
    check_is_valid_and_small(draw(name))
    # No link is a way out: the welcome is for whoever has none yet.
    check_is_drawn_whole(draw(name), has_way_out=False)


@pytest.mark.parametrize("name", NAMES)
def test_the_welcome_links_accounts_and_the_message_that_offers_open_incidents_brings_them_in(
    name: str,
) -> None:
    view = view_of(name)
    verbs = [action["verb"] for action in actions_of(draw(name)) if action["type"] == "Action.Execute"]
    expected = ["link_accounts"] if view.showing in ("welcome", "welcome_ended") else []
    assert verbs == expected + (["bring_in"] if view.offer else [])


@pytest.mark.parametrize("name", [name for name in NAMES if view_of(name).offer])
def test_the_button_says_which_service_it_is_about(name: str) -> None:
    (button,) = (action for action in actions_of(draw(name)) if action.get("verb") == "bring_in")
    assert button["title"] == "Bring in open incidents"
    view = view_of(name)
    assert {"account": view.account, "service": view.service, "service_name": view.service_name}.items() <= (
        button["data"].items()
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_notification_is_one_plain_line_that_names_the_service(name: str) -> None:
    summary = connection_summary(view_of(name))
    assert "\n" not in summary
    assert ("Checkout" in summary) is (view_of(name).showing != "welcome_ended")


def test_a_welcome_whose_connection_has_ended_names_no_service() -> None:
    assert "Checkout" not in json.dumps(draw("welcome-ended"))
