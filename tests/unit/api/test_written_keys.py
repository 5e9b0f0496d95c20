"""What may be a KEY in what somebody wrote."""

import time

import pytest

from api.bot.commands.written_keys import keys_in

KEY = "7K2MQ9XWTB4D"


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "the key is {}, thanks",
        "authorize:{}",
        "authorize{}",
        "{}please",
        "key={}&x=1",
        "<a href='https://muster.example/{}'>x</a>",
        "{} and QQQQQQQQQQQQ",
        "\u043a\u043b\u044e\u0447{}",
        "x " * 10_000 + "{}",
    ],
)
def test_a_key_is_found_wherever_it_stands(text: str) -> None:
    for key in (KEY, KEY.lower()):
        assert key in keys_in(text.format(key))


@pytest.mark.parametrize(
    "written",
    ["7K2M-Q9XW-TB4D", "7K2M Q9XW TB4D", "7 K 2 M Q 9 X W T B 4 D", "(7K2MQ9)/XWTB4D.", "7K2MQ9XWTB4_D"],
)
def test_a_key_in_groups_is_found(written: str) -> None:
    assert KEY in keys_in(f"this {written} there")


@pytest.mark.parametrize(
    "text", ["", "help", "7K2MQ9XWTB4", "UUUUUUUUUUUU", "what is going on in there", "\u0667" * 12]
)
def test_other_text_is_none(text: str) -> None:
    assert keys_in(text) == ()


@pytest.mark.parametrize("piece", ["x", "x ", "7K2MQ9XWTB4D ", "ab-"])
def test_a_long_text_takes_a_moment_and_few_are_looked_up(piece: str) -> None:
    began = time.process_time()
    found = keys_in(piece * (200_000 // len(piece)))
    assert time.process_time() - began < 2
    assert len(found) <= 1000
