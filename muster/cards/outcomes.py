"""How a click ended, in sentences: for its answer, and for the private message where it had none.

The one place that turns the codes of ``workflows.verbs.outcomes`` into words.
"""

from muster.cards.text import escape, web_link
from workflows.channel_incident.view import View
from workflows.verbs.outcomes import Outcome, Reason
from workflows.verbs.registry import VERBS
from workflows.verbs.verb import VerbName

WORKS_NO_MORE = "This button does not work any more."
UNREACHABLE = "Muster is not reachable right now. Try again in a moment."
"""For a click that nobody took: an error would show a sentence of Teams' own instead."""

_TITLE_LIMIT = 80
_ACCOUNT_LIMIT = 60
_REASON_LIMIT = 300
_REASONS: dict[Reason, str] = {
    "link_removed": "Your link to PagerDuty was removed meanwhile.",
    "link_rejected": "PagerDuty does not accept your link any more. Link your accounts again.",
    "already_changed": "PagerDuty says it is settled already.",
    "not_found": "PagerDuty does not know this incident any more.",
    "rate_limited": "PagerDuty is limiting requests right now. Try again in a minute.",
    "answer_lost": "PagerDuty's answer was lost; the card shows what is known.",
    "unavailable": "PagerDuty did not answer. Try again in a moment.",
}


def sentence_of(outcome: Outcome, verb: VerbName, *, account: str) -> str:
    """How the click ended, for the person who clicked; plain text."""
    label = VERBS[verb].label
    match outcome.kind:
        case "done":
            return f"You {outcome.status} this incident."
        case "already":
            return f"Already {outcome.status}{_by(outcome)}."
        case "stale":
            return f"Already {outcome.status}{_by(outcome)}; nothing was changed."
        case "unlinked":
            return f"Your account is not linked to PagerDuty ({account}), so nothing was changed."
        case "late":
            return f"{label} came through too late and was not done."
        case "refused" | "failed":
            return f"{label} was not done. {_reason(outcome)}"


def working_sentence(verb: VerbName) -> str:
    """The click was taken, and its outcome is not known yet."""
    return f"Muster is working on it: {VERBS[verb].label}. The card will show what came of it."


def private_text(outcome: Outcome, verb: VerbName, view: View | None, *, account: str) -> str:
    """The same in the person's private chat, with the incident it was about; Markdown."""
    sentence = sentence_of(outcome, verb, account=account)
    if view is None:
        return sentence
    match outcome.kind:
        case "unlinked":
            return (
                f"{_clicked(verb, view)}, but your Teams account is not linked to a PagerDuty user in "
                f"**{escape(account, _ACCOUNT_LIMIT)}**. "
                "Muster acts only as the person who pressed, so nothing was changed. "
                "Ask a PagerDuty admin to get you linked, then press the button again."
            )
        case "late":
            return (
                f"{_clicked(verb, view)}, but that reached Muster only minutes later. "
                "It was not done, because the incident may have moved on since. "
                "Look at the card and press again if it is still right."
            )
        case _:
            return (
                f"{_clicked(verb, view)}, and it did not work: {escape(sentence, _REASON_LIMIT)} "
                "The card shows the incident as it is; if the button is still there, you can press it again."
            )


def _reason(outcome: Outcome) -> str:
    if outcome.reason == "forbidden":
        return f"PagerDuty does not allow {outcome.by or 'you'} to do this."
    return _REASONS[outcome.reason or "unavailable"]


def _by(outcome: Outcome) -> str:
    return f" by {outcome.by}" if outcome.by else ""


def _clicked(verb: VerbName, view: View) -> str:
    number = f"#{view.number}" if view.number is not None else ""
    title = escape(view.title, _TITLE_LIMIT)
    what = " ".join(part for part in (number, title) if part) or f"incident {escape(view.incident_id, 40)}"
    url = web_link(view.url)
    return f"You pressed **{VERBS[verb].label}** on {what}" + (f" ([PagerDuty]({url}))" if url else "")
