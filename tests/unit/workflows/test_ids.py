"""Workflow ids and click keys."""

from typing import Any

import pytest

from workflows.ids import ChannelIncidentId, TeamSetupId, click_key, delivery_key

CLICK: dict[str, Any] = {"person": "ada", "message": "17", "verb": "resolve", "nonce": "n", "link": 7}


def test_an_id_is_readable_in_a_list() -> None:
    assert str(ChannelIncidentId("acme", "Q1", "payments-ops")) == "incident/acme/Q1/payments-ops"


def test_the_set_up_of_a_team_is_named_by_its_key() -> None:
    assert str(TeamSetupId("payments")) == "setup/payments"


def test_the_same_click_has_the_same_key() -> None:
    assert click_key(**CLICK) == click_key(**CLICK)


@pytest.mark.parametrize(
    "difference",
    [{"person": "bo"}, {"message": "18"}, {"verb": "acknowledge"}, {"nonce": "m"}, {"link": None}],
    ids=lambda difference: next(iter(difference)),
)
def test_another_click_has_another_key(difference: dict[str, str | None]) -> None:
    assert click_key(**{**CLICK, **difference}) != click_key(**CLICK)


def test_values_that_run_together_do_not_collide() -> None:
    assert click_key(**{**CLICK, "person": "ada1", "message": "7"}) != click_key(**CLICK)


def test_a_delivery_is_told_by_its_click_and_its_activity_whatever_that_is_called() -> None:
    again, strange = delivery_key("c" * 32, "f:1"), delivery_key("c" * 32, "\r\n" * 10_000)
    assert delivery_key("c" * 32, "f:1") == again
    assert len({again, strange, delivery_key("d" * 32, "f:1")}) == 3
    assert len(strange) == len(again) < 50
