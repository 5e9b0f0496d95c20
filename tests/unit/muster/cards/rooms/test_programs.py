"""What programs read: each outcome of each call is one sentence, and a lack is told in the card's words."""

from typing import get_args

import pytest

from muster.cards.operations import error_of, summary_of
from muster.cards.rooms.programs import (
    CHAT_EXISTS,
    ProgramCall,
    left_out_sentence,
    not_changed_sentence,
    not_there_sentence,
    program_sentence,
    room_error,
    room_summary,
)
from muster.cards.rooms.sentences import not_granted, room_sentence
from workflows.incident_room.state import OrderKind, OrderStep
from workflows.meeting import Hindrance
from workflows.members import NotChanged, WhyNotChanged
from workflows.operation.state import Ended
from workflows.room import Lack
from workflows.verbs.outcomes import Outcome

CALLS: tuple[ProgramCall, ...] = ("open_chat", "open_meeting", *get_args(OrderKind))
DELETES = "Chat.ManageDeletion.All"


@pytest.mark.parametrize("called", CALLS)
def test_what_was_done_has_a_sentence(called: ProgramCall) -> None:
    assert program_sentence(called, Outcome(kind="done"), account="acme").endswith(".")
    assert program_sentence(called, Outcome(kind="already"), account="acme").endswith(".")


def test_a_chat_that_is_there_is_told_in_pagerdutys_words() -> None:
    assert program_sentence("open_chat", Outcome(kind="already"), account="acme") == CHAT_EXISTS


@pytest.mark.parametrize(
    ("called", "outcome", "sentence"),
    [
        (
            "delete_chat",
            Outcome(kind="refused", reason="not_granted", says=DELETES),
            f"The chat cannot be deleted: {DELETES} is not granted. "
            "A Microsoft admin grants it with appconnect.",
        ),
        ("set_topic", Outcome(kind="failed", reason="no_chat"), "The incident has no chat."),
        (
            "set_topic",
            Outcome(kind="refused", reason="empty_name"),
            "The chat cannot be renamed: nothing that people can read is left of the name.",
        ),
        (
            "open_chat",
            Outcome(kind="refused", reason="owner_absent"),
            "The chat cannot be made: who is to own it is not linked, and has no account in this "
            "organization.",
        ),
        (
            "open_meeting",
            Outcome(kind="refused", reason="owner_absent", says="User.ReadBasic.All"),
            "The meeting cannot be made: who is to own it is not linked, and has no account in this "
            "organization. User.ReadBasic.All is not granted. A Microsoft admin grants it with appconnect.",
        ),
        (
            "archive_chat",
            Outcome(kind="failed", reason="not_changed", says="Forbidden"),
            "The chat cannot be archived: Microsoft refused it. Whoever runs Muster finds why in its log.",
        ),
        (
            "open_chat",
            Outcome(kind="failed", reason="not_found"),
            "The chat cannot be made: PagerDuty does not know this incident.",
        ),
        (
            "open_chat",
            Outcome(kind="refused", reason="app_refused"),
            "The chat cannot be made. Whoever runs Muster finds why in its log.",
        ),
        (
            "open_meeting",
            Outcome(kind="refused", reason="no_organiser", hindrances=(Hindrance(who="Ada", why="guest"),)),
            "The meeting cannot be made: Ada is a guest of this organization.",
        ),
    ],
)
def test_why_not_is_said(called: ProgramCall, outcome: Outcome, sentence: str) -> None:
    assert program_sentence(called, outcome, account="acme") == sentence


@pytest.mark.parametrize("reason", ["not_granted", "nobody_to_talk_to", "chat_unknown", "not_made"])
def test_what_a_card_says_a_program_reads(reason: str) -> None:
    outcome = Outcome.model_validate({"kind": "refused", "reason": reason, "says": "Chat.Create"})
    assert program_sentence("open_chat", outcome, account="acme") == room_sentence(outcome, account="acme")


@pytest.mark.parametrize("why", get_args(WhyNotChanged))
def test_why_somebody_was_not_changed_is_said(why: WhyNotChanged) -> None:
    sentence = not_changed_sentence(NotChanged(who="bo@acme.example", why=why))
    assert sentence.startswith("bo@acme.example: ")


@pytest.mark.parametrize("step", get_args(OrderStep))
def test_what_archiving_left_out_is_said(step: OrderStep) -> None:
    sentence = left_out_sentence(Lack(step=step, permission=DELETES))
    assert sentence.endswith(f": {not_granted(DELETES)}")
    assert "cannot be archived" not in sentence, "the step has a sentence of its own"
    assert left_out_sentence(Lack(step=step, permission="")).endswith(": Microsoft refused it.")


def test_why_somebody_is_not_in_the_chat_is_said() -> None:
    assert not_there_sentence(None, has_left=False) is None
    assert not_there_sentence("full", has_left=False) == "the chat is full"
    assert not_there_sentence("full", has_left=True) == "they left the chat, or were taken out"


def test_a_hostile_name_is_text() -> None:
    assert "\u202e" not in not_changed_sentence(NotChanged(who="\u202e[x](http://evil)\n", why="unknown"))


@pytest.mark.parametrize("called", CALLS)
def test_the_operation_of_each_call_tells_how_it_ended(called: ProgramCall) -> None:
    done, failed = Ended(outcome="done"), Ended(outcome="failed", reason="not_found")
    assert (summary_of(called, done), error_of(called, done)) == (room_summary(called, done), None)
    assert (
        error_of(called, failed)
        == f"{summary_of(called, failed)[:-1]}: PagerDuty does not know this incident."
    )


def test_an_operation_tells_which_permission_is_missing() -> None:
    ended = Ended(outcome="failed", reason="not_granted", says=DELETES)
    told = program_sentence(
        "delete_chat", Outcome(kind="refused", reason="not_granted", says=DELETES), account="acme"
    )
    assert room_error("delete_chat", ended) == told


def test_an_operation_that_nobody_works_on_any_more_is_to_be_sought_in_teams() -> None:
    ended = Ended(outcome="unknown", reason="given_up")
    assert room_error("open_chat", ended) == room_summary("open_chat", ended)
    assert "Look in Teams" in room_summary("open_chat", ended)


def test_an_operation_whose_chat_nobody_knows_of_names_it() -> None:
    ended = Ended(outcome="unknown", reason="chat_unknown", says="Incident 7")
    assert "“Incident 7”" in (room_error("open_chat", ended) or "")
