"""Judging a press by the person, by the state, and by how PagerDuty failed."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.workflows.life import BO, Life
from workflows.channel_incident.messages import CardKey
from workflows.channel_incident.state import CardState, State
from workflows.incident.reduce import fold_event
from workflows.verbs.click import Click, Clicker
from workflows.verbs.judging import (
    MAY_BE_REPEATED,
    TOLD_PRIVATELY,
    failed,
    judge_person,
    judge_state,
    line_of,
)
from workflows.verbs.outcomes import Outcome, OutcomeKind
from workflows.verbs.registry import VerbName

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CARD = CardKey(account="acme", incident_id="Q1", conversation="19:ops")
EMPTY = State(card=CardState(marker="marker", nonce="nonce"))


def press(verb: VerbName = "acknowledge", *, link: int | None = 7, late: timedelta = timedelta()) -> Click:
    person = Clicker(aad_object_id="ada", teams_id="29:ada", name="Ada Ops", link=link)
    return Click(key="K", verb=verb, person=person, message="17", received_at=NOW - late, correlation="c")


def test_a_linked_person_in_time_is_not_in_the_way() -> None:
    assert judge_person(press(late=timedelta(minutes=5)), CARD, NOW) is None


def test_a_press_after_five_minutes_is_late_whoever_pressed() -> None:
    outcome = judge_person(press(link=None, late=timedelta(minutes=5, seconds=1)), CARD, NOW)
    assert outcome == Outcome(kind="late", text="Acknowledge came through too late and was not done.")


def test_an_unlinked_person_hears_which_account_to_link() -> None:
    outcome = judge_person(press(link=None), CARD, NOW)
    assert outcome is not None
    assert outcome.kind == "unlinked"
    assert "acme" in outcome.text


def test_nothing_is_judged_by_a_state_that_nobody_knows() -> None:
    assert judge_state(press(), EMPTY) is None


@pytest.mark.parametrize(
    ("status", "verb", "kind"),
    [
        ("triggered", "acknowledge", None),
        ("triggered", "resolve", None),
        ("acknowledged", "acknowledge", "already"),
        ("acknowledged", "resolve", None),
        ("resolved", "acknowledge", "stale"),
        ("resolved", "resolve", "already"),
    ],
)
def test_the_state_answers_what_it_can(status: str, verb: VerbName, kind: OutcomeKind | None) -> None:
    life = Life("Q1")
    event = {"triggered": life.triggers, "acknowledged": life.is_acknowledged, "resolved": life.is_resolved}
    outcome = judge_state(press(verb), fold_event(EMPTY, event[status]()))
    assert (outcome.kind if outcome else None) == kind
    assert outcome is None or f"Already {status} by Ada Ops" in outcome.text


def test_automation_is_not_named() -> None:
    state = fold_event(EMPTY, Life("Q1").becomes("resolved", "resolved", agent=None))
    assert judge_state(press("resolve"), state) == Outcome(kind="already", text="Already resolved.")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("CredentialRejected", "refused"),
        ("Forbidden", "refused"),
        ("NotFound", "failed"),
        ("RateLimited", "failed"),
        ("OutcomeUnknown", "failed"),
        ("ProviderUnavailable", "failed"),
    ],
)
def test_every_failure_says_what_was_not_done_and_why(error: str, kind: OutcomeKind) -> None:
    outcome = failed(press("resolve"), error)
    assert outcome.kind == kind
    assert outcome.text.startswith("Resolve was not done. ")
    assert outcome.text.endswith(".")


def test_whoever_may_press_again_has_also_been_told() -> None:
    assert MAY_BE_REPEATED < TOLD_PRIVATELY


def test_the_story_tells_who_pressed_where() -> None:
    line = line_of(press(), Outcome(kind="already", text=f"Already acknowledged by {BO.name}."))
    assert (line.at, line.what, line.who) == (NOW, "acknowledge: already", "Ada Ops in Teams")
