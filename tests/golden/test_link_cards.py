"""Every case of ``links/`` draws the card that is stored beside it.

A case is ``<name>.view.json`` and the card ``<name>.card.json``. ``make golden`` writes the cards; review the
diff.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from muster.cards.links.card import RENEW_VERB, link_card, link_summary
from tests.golden.stored import (
    actions_of,
    check_has_only_fields_of,
    check_is_drawn_whole,
    check_is_stored,
    check_is_valid_and_small,
    names_in,
)
from tests.golden.test_setup_cards import LINK
from workflows.account_link.view import LinkView

CASES = Path(__file__).parent / "links"
NAMES = names_in(CASES, ".view.json")


def view_of(name: str) -> LinkView:
    return LinkView.model_validate_json((CASES / f"{name}.view.json").read_text())


def draw(name: str) -> Mapping[str, Any]:
    """As an activity draws it: with the link of an offer."""
    view = view_of(name)
    return link_card(view, link=LINK if view.offer is not None else None)


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
def test_an_open_offer_alone_holds_the_link_and_an_expired_one_alone_the_button(name: str) -> None:
    view = view_of(name)
    actions = list(actions_of(link_card(view, link=LINK if view.offer is not None else None)))
    match view.showing:
        case "open" if view.offer is None:  # no team is left for which a link could be made
            assert view.why == "teams_gone"
            assert actions == []
        case "open":
            (action,) = actions
            assert (action["type"], action["title"], action["url"]) == (
                "Action.OpenUrl",
                "Link Accounts",
                LINK,
            )
        case "expired":
            (action,) = actions
            assert (action["verb"], action["title"]) == (RENEW_VERB, "Send a new link")
            assert action["data"] == {"notice": view.name, "account": view.account}
        case _:
            assert actions == []


@pytest.mark.parametrize("name", NAMES)
def test_a_notification_is_one_plain_line(name: str) -> None:
    summary = link_summary(view_of(name))
    assert summary
    assert "\n" not in summary


@pytest.mark.parametrize("name", [name for name in NAMES if view_of(name).showing == "linked"])
def test_whoever_is_linked_learns_as_whom_and_how_to_undo_it(name: str) -> None:
    text = json.dumps(draw(name), ensure_ascii=False)
    assert "unlinkUser" in text
    assert ((view_of(name).user or "your user").partition("{")[0]) in text
