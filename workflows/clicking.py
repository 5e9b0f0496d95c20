"""Judging a press of a button: everything that needs no call. Workflow code adds the calls."""

from datetime import datetime

from workflows.messages import CardKey, Click, Outcome, OutcomeKind
from workflows.model.incident import Snapshot
from workflows.model.reduce import AUTOMATION
from workflows.model.state import Line, State
from workflows.model.verbs import VERBS
from workflows.options import LATE_CLICK

TOLD_PRIVATELY: frozenset[OutcomeKind] = frozenset({"refused", "failed", "late", "stale"})
"""Ends of a click that its person must hear of when the answer could not wait for them."""

MAY_BE_REPEATED: frozenset[OutcomeKind] = frozenset({"refused", "failed", "late"})
"""After these the same button may be pressed again in earnest: the card is shown with the new nonce."""

_FAILURES = {
    "CredentialRejected": "PagerDuty does not accept your link any more. Link your accounts again.",
    "Forbidden": "PagerDuty does not allow you to do this.",
    "NotFound": "PagerDuty does not know this incident any more.",
    "RateLimited": "PagerDuty is limiting requests right now. Try again in a minute.",
    "OutcomeUnknown": "PagerDuty's answer was lost; the card shows what is known.",
}


def judge_person(click: Click, card: CardKey, now: datetime) -> Outcome | None:
    """Why this press is not acted on whatever the incident's state, or ``None``."""
    if now - click.received_at > LATE_CLICK:
        return Outcome(kind="late", text=f"{_label(click)} came through too late and was not done.")
    if click.person.link is None:
        return Outcome(
            kind="unlinked",
            text=f"Your account is not linked to PagerDuty ({card.account}), so nothing was changed.",
        )
    return None


def judge_state(click: Click, state: State) -> Outcome | None:
    """The outcome where the state already tells it: true already, or forbidden. ``None``: ask PagerDuty."""
    verb, snapshot = VERBS[click.verb], state.snapshot
    if snapshot is None:
        return None
    if snapshot.status == verb.target:
        return Outcome(kind="already", text=f"Already {snapshot.status}{_by(state, snapshot)}.")
    if snapshot.status in verb.undoes:
        return Outcome(
            kind="stale", text=f"Already {snapshot.status}{_by(state, snapshot)}; nothing was changed."
        )
    return None


def failed(click: Click, kind: str) -> Outcome:
    """PagerDuty could not be told; ``kind`` is the error's type name."""
    reason = _FAILURES.get(kind, "PagerDuty did not answer. Try again in a moment.")
    refused = kind in ("CredentialRejected", "Forbidden")
    return Outcome(kind="refused" if refused else "failed", text=f"{_label(click)} was not done. {reason}")


def line_of(click: Click, outcome: Outcome) -> Line:
    """The press as the story tells it."""
    return Line(
        at=click.received_at, what=f"{click.verb}: {outcome.kind}", who=f"{click.person.name} in Teams"
    )


def _label(click: Click) -> str:
    return VERBS[click.verb].label


def _by(state: State, snapshot: Snapshot) -> str:
    if snapshot.status == "resolved":
        who = state.resolution.value if state.resolution else AUTOMATION
    else:
        who = state.acknowledgements[-1].value.person if state.acknowledgements else AUTOMATION
    return f" by {who.name}" if who.name else ""
