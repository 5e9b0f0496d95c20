"""Sentences of outcomes: every code in a responder's words, as the answer and as a private message."""

from datetime import UTC, datetime
from typing import get_args

import pytest

from muster.cards.outcomes import private_text, sentence_of, working_sentence
from workflows.channel_incident.view import View
from workflows.incident.values import Status
from workflows.verbs.outcomes import Outcome, OutcomeKind, Reason
from workflows.verbs.verb import VerbName

VIEW = View(
    account="acme",
    incident_id="Q1",
    revision=3,
    as_of=datetime(2026, 1, 1, 10, tzinfo=UTC),
    number=42,
    title="Checkout is slow",
    status="triggered",
)


def sentence(outcome: Outcome, verb: VerbName = "acknowledge") -> str:
    return sentence_of(outcome, verb, account="acme")


# The answer


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome(kind="done", status="acknowledged"), "You acknowledged this incident."),
        (
            Outcome(kind="already", by="Bo Call", status="acknowledged"),
            "Already acknowledged by Bo Call.",
        ),
        (
            Outcome(kind="stale", by="Bo Call", status="resolved"),
            "Already resolved by Bo Call; nothing was changed.",
        ),
        (
            Outcome(kind="unlinked"),
            "Your account is not linked to PagerDuty (acme), so nothing was changed.",
        ),
        (Outcome(kind="late"), "Acknowledge came through too late and was not done."),
    ],
)
def test_how_a_click_ended(outcome: Outcome, expected: str) -> None:
    assert sentence(outcome) == expected


def test_resolve_is_told_as_resolved() -> None:
    assert sentence(Outcome(kind="done", status="resolved"), "resolve") == "You resolved this incident."


@pytest.mark.parametrize("status", ["acknowledged", "resolved"])
def test_automation_is_not_named(status: Status) -> None:
    assert sentence(Outcome(kind="already", status=status)) == f"Already {status}."
    assert sentence(Outcome(kind="stale", status=status)) == f"Already {status}; nothing was changed."


@pytest.mark.parametrize(
    ("kind", "reason", "expected"),
    [
        ("refused", "link_removed", "Your link to PagerDuty was removed meanwhile."),
        (
            "refused",
            "link_rejected",
            "PagerDuty does not accept your link any more. Link your accounts again.",
        ),
        ("refused", "forbidden", "PagerDuty does not allow you to do this."),
        ("refused", "already_changed", "PagerDuty says it is settled already."),
        ("failed", "not_found", "PagerDuty does not know this incident any more."),
        (
            "failed",
            "rate_limited",
            "PagerDuty is limiting requests right now. Try again in a minute.",
        ),
        ("failed", "answer_lost", "PagerDuty's answer was lost; the card shows what is known."),
        ("failed", "unavailable", "PagerDuty did not answer. Try again in a moment."),
        ("failed", None, "PagerDuty did not answer. Try again in a moment."),
    ],
)
def test_what_was_not_done_and_why(kind: OutcomeKind, reason: Reason | None, expected: str) -> None:
    outcome = Outcome(kind=kind, reason=reason)
    assert sentence(outcome, "resolve") == f"Resolve was not done. {expected}"


def test_whom_pagerduty_refuses_is_named() -> None:
    outcome = Outcome(kind="refused", reason="forbidden", by="Ada Ops")
    assert (
        sentence(outcome, "resolve") == "Resolve was not done. PagerDuty does not allow Ada Ops to do this."
    )


@pytest.mark.parametrize("reason", get_args(Reason))
def test_every_reason_has_a_sentence_of_its_own(reason: Reason) -> None:
    others = {sentence(Outcome(kind="failed", reason=one)) for one in get_args(Reason) if one != reason}
    assert sentence(Outcome(kind="failed", reason=reason)) not in others


@pytest.mark.parametrize("kind", get_args(OutcomeKind))
def test_every_kind_is_one_sentence_or_two(kind: OutcomeKind) -> None:
    assert sentence(Outcome(kind=kind, status="resolved")).endswith(".")


def test_a_click_whose_outcome_is_not_known_yet() -> None:
    assert (
        working_sentence("resolve") == "Muster is working on it: Resolve. The card will show what came of it."
    )


# The private message


def test_a_click_that_failed_is_told_with_its_incident_and_why() -> None:
    outcome = Outcome(kind="failed", reason="unavailable")
    assert private_text(outcome, "resolve", VIEW, account="acme") == (
        "You pressed **Resolve** on #42 Checkout is slow, and it did not work: "
        "Resolve was not done. PagerDuty did not answer. Try again in a moment. "
        "The card shows the incident as it is; if the button is still there, you can press it again."
    )


def test_a_click_that_would_have_undone_something_is_told_so() -> None:
    outcome = Outcome(kind="stale", by="Bo *Call*", status="resolved")
    text = private_text(outcome, "acknowledge", VIEW, account="acme")
    assert r"it did not work: Already resolved by Bo \*Call\*; nothing was changed. The card" in text


def test_an_unlinked_person_hears_which_account_to_link() -> None:
    text = private_text(Outcome(kind="unlinked"), "acknowledge", VIEW, account="acme")
    assert "your Teams account is not linked to a PagerDuty user in **acme**" in text
    assert "nothing was changed" in text


def test_a_late_click_was_not_done() -> None:
    text = private_text(Outcome(kind="late"), "acknowledge", VIEW, account="acme")
    assert "reached Muster only minutes later. It was not done" in text


@pytest.mark.parametrize("kind", get_args(OutcomeKind))
def test_without_a_card_the_sentence_of_the_answer_is_told(kind: OutcomeKind) -> None:
    outcome = Outcome(kind=kind, reason="unavailable", status="resolved")
    assert private_text(outcome, "resolve", None, account="acme") == sentence(outcome, "resolve")
