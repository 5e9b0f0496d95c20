"""Judging a click before anybody is called: pure, for the workflow and for the activity."""

from datetime import datetime

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
from workflows.following import Following, stopped_of
from workflows.incident.values import Standing
from workflows.options import LATE_CLICK
from workflows.verbs.click import Click
from workflows.verbs.outcomes import Outcome, Reason
from workflows.verbs.verb import Verb

_REASONS: dict[type[OutsideError], Reason] = {
    CredentialRejected: "link_rejected",
    Forbidden: "forbidden",
    NotFound: "not_found",
    Conflict: "conflict",
    RateLimited: "rate_limited",
    RequestInvalid: "not_sent",
    OutcomeUnknown: "answer_lost",
}
"""All other failures are ``unavailable``."""


def judge_person(click: Click, now: datetime) -> Outcome | None:
    """Why this click is not acted on whatever the incident's state, or ``None``."""
    if now - click.received_at > LATE_CLICK:
        return Outcome(kind="late")
    if click.person.link is None:
        return Outcome(kind="unlinked")
    return None


def judge(verb: Verb, incident: Standing | None) -> Outcome | None:
    """The outcome that the incident's state decides: true already, or forbidden. ``None``: go on."""
    if incident is None:
        return None
    if verb.target is not None and incident.status == verb.target:
        return Outcome(kind="already", by=incident.by, status=incident.status)
    if incident.status in verb.undoes:
        return Outcome(kind="stale", by=incident.by, status=incident.status)
    return None


def judge_following(verb: Verb, following: Following | None) -> Outcome | None:
    """The outcome on a card that somebody stopped: nothing is done there any more. ``None``: go on."""
    stopped = stopped_of(following)
    if stopped is None:
        return None
    if verb.stops_following:
        return Outcome(kind="already", by=stopped.by)
    return Outcome(kind="refused", reason="not_followed")


def done(verb: Verb) -> Outcome:
    """PagerDuty did it."""
    return Outcome(kind="done", status=verb.target)


def failed(error: type[OutsideError], *, by: str | None = None, refusal: Refusal | None = None) -> Outcome:
    """PagerDuty could not be told, or refused; ``by`` is the person whom it refused.

    A request that PagerDuty answered was understood and not done; one that it did not answer was never sent.
    """
    reason = next((reason for kind, reason in _REASONS.items() if issubclass(error, kind)), "unavailable")
    if issubclass(error, RequestInvalid) and refusal is not None:
        return Outcome(
            kind="refused", reason="refused_by_pagerduty", by=by, code=refusal.code, says=refusal.says
        )
    refused = issubclass(error, CredentialRejected | Forbidden)
    decided = not issubclass(error, ProviderUnavailable | OutcomeUnknown)
    code, says = refusal if decided and refusal else (None, None)
    return Outcome(kind="refused" if refused else "failed", reason=reason, by=by, code=code, says=says)
