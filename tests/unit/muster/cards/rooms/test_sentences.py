"""What people read about the chat of an incident: the words are promised, and no name reorders them."""

from typing import get_args

import pytest

from muster.cards.rooms.sentences import (
    MAKING,
    NOBODY,
    absence_words,
    gone_sentence,
    lacks_sentence,
    not_linked_sentence,
    room_sentence,
    there_is_one,
    unknown_sentence,
)
from workflows.room import Absence, Lack
from workflows.verbs.outcomes import Outcome

URL = "https://teams.microsoft.com/l/chat/19%3Aroom%40thread.v2/0"


def test_the_words_are_those_that_are_promised() -> None:
    assert MAKING == "Muster is making the chat; the card will show Join Chat."
    assert NOBODY == "Nobody to talk to yet: add responders or link accounts."
    assert there_is_one(URL) == f"There is a chat for this incident: {URL}"
    assert lacks_sentence(Lack(step="chat", permission="Chat.Create")) == (
        "The chat cannot be made: Chat.Create is not granted. A Microsoft admin grants it with appconnect."
    )
    assert unknown_sentence("Incident #42 Checkout") == (
        "Muster does not know whether the chat was made: Microsoft's answer was lost. "
        "Look in Teams for “Incident #42 Checkout” before you press Create Chat again."
    )


@pytest.mark.parametrize("url", ["", "javascript:alert(1)", "not an address"])
def test_a_chat_without_an_address_is_joined_from_the_card(url: str) -> None:
    assert there_is_one(url) == "There is a chat for this incident: the card shows Join Chat."


def test_whoever_is_not_linked_is_told_what_comes_of_it() -> None:
    text = not_linked_sentence("acme", "A link waits in your private chat.", label="Create Chat")
    assert "not linked to PagerDuty (acme), so no chat is made." in text
    assert text.endswith("A link waits in your private chat. Then press Create Chat again.")
    text = not_linked_sentence("acme", "A link waits in your private chat.", label="Create Meeting")
    assert "not linked to PagerDuty (acme), so no meeting is made." in text
    assert text.endswith("A link waits in your private chat. Then press Create Meeting again.")


STEPS = ("people", "chat", "members", "bot", "leaving", "names", "meeting", "entry")


@pytest.mark.parametrize("step", STEPS)
def test_a_step_names_what_it_lacks_and_who_grants_it(step: str) -> None:
    sentence = lacks_sentence(Lack(step=step, permission="Some.Permission"))
    assert sentence.endswith(": Some.Permission is not granted. A Microsoft admin grants it with appconnect.")


def test_what_microsoft_refuses_names_no_permission() -> None:
    assert lacks_sentence(Lack(step="bot")) == (
        "The card cannot be shown in the chat: Microsoft refuses it. "
        "Whoever runs Muster finds why in its log."
    )


def test_each_step_has_words_of_its_own() -> None:
    assert len({lacks_sentence(Lack(step=step, permission="P")) for step in STEPS}) == len(STEPS)


@pytest.mark.parametrize("why", get_args(Absence))
def test_every_absence_has_its_words(why: Absence) -> None:
    assert absence_words("Di Pager", why).startswith("Di Pager (")


def test_somebody_without_a_name_is_somebody() -> None:
    assert absence_words(" \u202e", "full") == "Somebody (the chat is full)"


def test_a_long_topic_is_whole() -> None:
    topic = "Incident #42 " + "x" * 235
    assert f"“{topic}”" in unknown_sentence(topic)


def test_a_deleted_chat_is_made_anew_where_the_button_is() -> None:
    assert gone_sentence(offers_chat=True) == (
        "The chat of this incident was deleted. Create Chat makes a new one."
    )
    assert gone_sentence(offers_chat=False) == "The chat of this incident was deleted."


def test_what_ends_as_any_other_click_has_no_words_of_its_own() -> None:
    assert room_sentence(Outcome(kind="late"), account="acme") is None
    assert room_sentence(Outcome(kind="unlinked"), account="acme") is None
    assert room_sentence(Outcome(kind="refused", reason="link_removed"), account="acme") is None
