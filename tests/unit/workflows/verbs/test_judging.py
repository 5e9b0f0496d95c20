"""Judging a click by the person, by the incident, and by how PagerDuty failed."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.life import Life
from workflows.errors import (
    Conflict,
    CredentialRejected,
    Forbidden,
    NotFound,
    OutcomeUnknown,
    OutsideError,
    ProviderUnavailable,
    RateLimited,
    Refusal,
    RequestInvalid,
)
from workflows.incident.reduce import fold_event
from workflows.incident.state import IncidentState
from workflows.verbs.click import Click, Clicker
from workflows.verbs.judging import failed, judge, judge_person
from workflows.verbs.outcomes import MAY_BE_REPEATED, TOLD_PRIVATELY, Outcome, OutcomeKind, Reason
from workflows.verbs.registry import VERBS

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def click(*, link: int | None = 7, late: timedelta = timedelta()) -> Click:
    person = Clicker(aad_object_id="ada", teams_id="29:ada", name="Ada Ops", link=link)
    return Click(
        key="K", verb="acknowledge", person=person, message="17", received_at=NOW - late, correlation="c"
    )


def test_a_linked_person_in_time_is_not_in_the_way() -> None:
    assert judge_person(click(late=timedelta(minutes=5)), NOW) is None


def test_a_click_after_five_minutes_is_late_whoever_clicked() -> None:
    assert judge_person(click(link=None, late=timedelta(minutes=5, seconds=1)), NOW) == Outcome(kind="late")


def test_an_unlinked_persons_click_is_not_acted_on() -> None:
    assert judge_person(click(link=None), NOW) == Outcome(kind="unlinked")


def test_nothing_is_judged_by_a_state_that_nobody_knows() -> None:
    assert judge(VERBS["acknowledge"], IncidentState().standing) is None


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
def test_the_incident_answers_what_it_can(status: str, verb: str, kind: OutcomeKind | None) -> None:
    life = Life("Q1")
    event = {"triggered": life.triggers, "acknowledged": life.is_acknowledged, "resolved": life.is_resolved}
    outcome = judge(VERBS[verb], fold_event(IncidentState(), event[status]()).standing)
    assert (outcome.kind if outcome else None) == kind
    assert outcome is None or (outcome.status, outcome.by) == (status, "Ada Ops")


def test_a_rest_answer_is_judged_as_the_incident_is() -> None:
    life = Life("Q1")
    life.is_resolved()
    assert judge(VERBS["acknowledge"], life.details().standing) == Outcome(
        kind="stale", by="Ada Ops", status="resolved"
    )


def test_automation_is_not_named() -> None:
    state = fold_event(IncidentState(), Life("Q1").becomes("resolved", "resolved", agent=None))
    assert judge(VERBS["resolve"], state.standing) == Outcome(kind="already", status="resolved")


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        (CredentialRejected, "refused", "link_rejected"),
        (Forbidden, "refused", "forbidden"),
        (NotFound, "failed", "not_found"),
        (Conflict, "failed", "conflict"),
        (RateLimited, "failed", "rate_limited"),
        (RequestInvalid, "failed", "not_sent"),
        (OutcomeUnknown, "failed", "answer_lost"),
        (ProviderUnavailable, "failed", "unavailable"),
    ],
)
def test_every_failure_says_why(error: type[OutsideError], kind: OutcomeKind, reason: Reason) -> None:
    assert failed(error) == Outcome(kind=kind, reason=reason)


def test_a_request_that_pagerduty_answered_is_refused_in_its_words() -> None:
    refusal = Refusal(code="2001", says="Title cannot be empty")
    assert failed(RequestInvalid, refusal=refusal) == Outcome(
        kind="refused", reason="refused_by_pagerduty", code="2001", says="Title cannot be empty"
    )


@pytest.mark.parametrize("error", [CredentialRejected, Forbidden])
def test_what_a_person_may_not_do_is_told_in_pagerdutys_words_too(error: type[OutsideError]) -> None:
    found = failed(error, by="Ada Ops", refusal=Refusal(code="2010", says="Access denied"))
    assert (found.kind, found.by, found.says) == ("refused", "Ada Ops", "Access denied")


def test_whoever_may_click_again_has_also_been_told() -> None:
    assert MAY_BE_REPEATED < TOLD_PRIVATELY
