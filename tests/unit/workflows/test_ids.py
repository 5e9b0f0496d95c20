"""Workflow ids and click keys."""

from typing import Any

import pytest

from workflows.ids import (
    ChannelIncidentId,
    ConnectChannelId,
    TeamSetupId,
    button_key,
    click_key,
    command_key,
    delivery_key,
)

CLICK: dict[str, Any] = {"person": "ada", "message": "17", "verb": "resolve", "nonce": "n", "link": 7}


def test_an_id_is_readable_in_a_list() -> None:
    assert str(ChannelIncidentId("acme", "Q1", "payments-ops")) == "incident/acme/Q1/payments-ops"


def test_the_set_up_of_a_team_is_named_by_its_key() -> None:
    assert str(TeamSetupId("payments")) == "setup/payments"


def test_a_connection_is_named_by_its_channel_and_its_service() -> None:
    assert str(ConnectChannelId("payments-ops", "PSVC001")) == "connect/payments-ops/PSVC001"


@pytest.mark.parametrize("other", ["", "setup/", "payments", "incident/acme/Q1/setup/x"])
def test_the_set_up_of_a_team_is_read_from_its_id_alone(other: str) -> None:
    assert TeamSetupId.of(str(TeamSetupId("payments"))) == TeamSetupId("payments")
    assert TeamSetupId.of(other) is None


BUTTON: dict[str, Any] = {"person": "ada", "message": "17", "verb": "renew", "notice": "n", "account": "acme"}


@pytest.mark.parametrize(
    "difference",
    [{"person": "bo"}, {"message": "18"}, {"verb": "x"}, {"notice": "m"}, {"account": None}],
    ids=lambda difference: next(iter(difference)),
)
def test_another_button_has_another_key(difference: dict[str, str | None]) -> None:
    assert button_key(**BUTTON) == button_key(**BUTTON)
    assert button_key(**{**BUTTON, **difference}) != button_key(**BUTTON)


def test_another_command_has_another_key() -> None:
    key = command_key(conversation="a:1", activity="17")
    assert key == command_key(conversation="a:1", activity="17")
    assert (
        len(
            {
                key,
                command_key(conversation="a:2", activity="17"),
                command_key(conversation="a:1", activity="18"),
            }
        )
        == 3
    )


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
