"""The card of ``connect`` is the one that is stored in ``offers/``, for each offer.

A case is ``<name>.card.json``. ``make golden`` writes the cards; review the diff.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from muster.cards.connections.offer import LABEL, ConnectionOffer, offer_card
from tests.golden.stored import (
    actions_of,
    check_is_drawn_whole,
    check_is_stored,
    check_is_valid_and_small,
)

STORED = Path(__file__).parent / "offers"
HOSTILE = "**Checkout** [x](https://evil.example) <at>Ada</at> {{DATE(2026-01-01T00:00:00Z)}} \u202eevil"
OFFERS = {
    "one-team": ConnectionOffer("acme", "PSVC001", "Checkout", ("Payments",)),
    "no-team": ConnectionOffer("acme", "PSVC001", "Checkout"),
    "several-teams": ConnectionOffer("acme", "PSVC001", "Checkout", ("Payments", "Search", "Billing")),
    "more-teams-than-are-shown": ConnectionOffer(
        "acme", "PSVC001", "Checkout", tuple(f"Team {number}" for number in range(8))
    ),
    "hostile": ConnectionOffer("acme", "PSVC001", HOSTILE, (HOSTILE, "| a | b |")),
    "longest": ConnectionOffer("a" * 63, "P" * 64, "w" * 2_000, ("w" * 2_000,) * 50),
}


def draw(name: str) -> Mapping[str, Any]:
    return offer_card(OFFERS[name])


def test_everything_that_is_stored_is_compared() -> None:
    assert {path.name.removesuffix(".card.json") for path in STORED.iterdir()} == OFFERS.keys()


@pytest.mark.parametrize("name", OFFERS)
def test_card_is_the_stored_one(name: str) -> None:
    check_is_stored(draw(name), STORED / f"{name}.card.json")


@pytest.mark.parametrize("name", OFFERS)
def test_card_is_valid_and_small(name: str) -> None:
    check_is_valid_and_small(draw(name))
    # No link is a way out: whoever presses has seen the service in PagerDuty.
    check_is_drawn_whole(draw(name), has_way_out=False)


@pytest.mark.parametrize("name", OFFERS)
def test_it_has_one_button_which_names_the_service(name: str) -> None:
    (action,) = actions_of(draw(name))
    offer = OFFERS[name]
    assert (action["title"], action["verb"]) == (LABEL, "connect_service")
    assert action["data"] == {"account": offer.account, "service": offer.service}
