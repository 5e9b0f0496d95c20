"""Which notes of an incident are Muster's own."""

import pytest

from workflows.link_notes import CHAT_NOTE, MEETING_NOTE, is_link_note


@pytest.mark.parametrize(
    "text",
    [
        f"{CHAT_NOTE}https://teams.example/l/chat/1",
        f"{MEETING_NOTE}https://teams.example/l/meetup-join/1",
        f"{MEETING_NOTE}https://teams.example/l/meetup-join/1, +1 206 555 0100,,1#",
    ],
)
def test_an_address_alone_or_with_its_number_is_musters(text: str) -> None:
    assert is_link_note(text)


@pytest.mark.parametrize(
    "text",
    [
        f"{CHAT_NOTE}https://teams.example/l/chat/1 is where we talk",
        f"{CHAT_NOTE}closed",
        f"{MEETING_NOTE}we stay on until five",
        MEETING_NOTE,
        "The Microsoft Teams meeting: https://teams.example",
        "",
    ],
)
def test_what_says_more_or_no_address_is_somebodys(text: str) -> None:
    assert not is_link_note(text)
