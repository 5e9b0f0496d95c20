"""The account that somebody names in a command."""

import time

import pytest

from api.bot.commands.named_account import named_account

ACCOUNTS = ("acme", "um-brella", "pagerduty")


@pytest.mark.parametrize(
    ("argument", "account"),
    [
        ("acme", "acme"),
        ("ACME", "acme"),
        ("**acme**.", "acme"),
        ("me to um-brella please", "um-brella"),
        ("https://acme.pagerduty.com/users/PUSER01", "acme"),
        ("acme.eu.pagerduty.com", "acme"),
        ("acme or um-brella", "acme"),
        ("acmes", None),
        ("brella", None),
        ("", None),
        ("Bo Call", None),
        ("x " * 10_000 + "acme", None),
    ],
)
def test_an_account_is_read_as_people_write_it(argument: str, account: str | None) -> None:
    assert named_account(argument, ACCOUNTS) == account


def test_a_long_argument_takes_a_moment() -> None:
    began = time.process_time()
    named_account("-" * 1_000_000, ACCOUNTS)
    assert time.process_time() - began < 0.5
