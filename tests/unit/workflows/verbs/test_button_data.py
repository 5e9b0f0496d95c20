"""The data of a button: short names on the card, and nothing half-read when a click brings it back."""

from typing import Any

import pytest

from workflows.verbs.button_data import ButtonData, ButtonDataMalformed

DATA = ButtonData(account="acme", incident_id="Q1", marker="m1", nonce="n1")
WIRE = {"a": "acme", "i": "Q1", "m": "m1", "n": "n1"}


def test_the_card_carries_it_under_short_names() -> None:
    assert DATA.to_wire() == WIRE


def test_what_a_click_brings_back_beside_it_is_ignored() -> None:
    assert ButtonData.from_wire(WIRE | {"more": {"x": 1}}) == DATA


def test_a_shared_card_says_so_and_a_live_one_does_not() -> None:
    assert ButtonData.from_wire(WIRE | {"s": 1}) == DATA.model_copy(update={"shared": True})
    assert [ButtonData.from_wire(WIRE | {"s": other}).shared for other in (0, "1", None, [1])] == [False] * 4


@pytest.mark.parametrize("short", WIRE)
@pytest.mark.parametrize("value", [None, "", 7, ["acme"]])
def test_data_that_lacks_something_is_malformed(short: str, value: Any) -> None:
    with pytest.raises(ButtonDataMalformed):
        ButtonData.from_wire(WIRE | {short: value})


@pytest.mark.parametrize("short", WIRE)
def test_a_key_that_is_not_there_is_malformed(short: str) -> None:
    with pytest.raises(ButtonDataMalformed):
        ButtonData.from_wire({key: value for key, value in WIRE.items() if key != short})
