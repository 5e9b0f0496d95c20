"""Workflow ids and click keys."""

from typing import Any

import pytest

from workflows.ids import ChannelIncidentId, channel_key, click_key, parse_channel_incident

PRESS: dict[str, Any] = {"person": "ada", "message": "17", "verb": "resolve", "nonce": "n", "link": 7}


def test_an_id_is_read_back_as_it_was_built() -> None:
    built = ChannelIncidentId("acme", "Q1", "payments-ops")
    assert str(built) == "incident/acme/Q1/payments-ops"
    assert parse_channel_incident(str(built)) == built


@pytest.mark.parametrize(
    "other", ["", "room/acme/Q1", "incident/acme/Q1", "incident/acme/Q1/ops/more", "incident//Q1/ops"]
)
def test_another_workflows_id_is_none_of_ours(other: str) -> None:
    assert parse_channel_incident(other) is None


@pytest.mark.parametrize(
    ("team", "channel", "key"),
    [
        ("Payments", "Ops", "payments-ops"),
        ("Payments & Co.", "#ops / 24×7", "payments-co-ops-24-7"),
        ("支払い", "運用", "channel"),
        ("a" * 100, "b", "a" * 60),
    ],
)
def test_a_channels_key_can_be_read_and_stands_in_an_id(team: str, channel: str, key: str) -> None:
    assert channel_key(team, channel) == key
    assert parse_channel_incident(f"incident/acme/Q1/{key}") == ChannelIncidentId("acme", "Q1", key)


def test_the_same_press_has_the_same_key() -> None:
    assert click_key(**PRESS) == click_key(**PRESS)


@pytest.mark.parametrize(
    "difference",
    [{"person": "bo"}, {"message": "18"}, {"verb": "acknowledge"}, {"nonce": "m"}, {"link": None}],
    ids=lambda difference: next(iter(difference)),
)
def test_another_press_has_another_key(difference: dict[str, str | None]) -> None:
    assert click_key(**{**PRESS, **difference}) != click_key(**PRESS)


def test_parts_that_run_together_do_not_collide() -> None:
    assert click_key(**{**PRESS, "person": "ada1", "message": "7"}) != click_key(**PRESS)
