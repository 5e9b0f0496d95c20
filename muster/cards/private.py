"""Messages to one person about a button they pressed: what happened to it, and what they can do."""

from muster.cards.text import escape, web_link
from workflows.model.verbs import VERBS, VerbName
from workflows.model.view import View

_TITLE_LIMIT = 80
_ACCOUNT_LIMIT = 60
_REASON_LIMIT = 300


def unlinked_text(verb: VerbName, view: View) -> str:
    """The person has no linked PagerDuty user: nothing was done, and who can change that."""
    account = escape(view.account, _ACCOUNT_LIMIT)
    return (
        f"{_pressed(verb, view)}, but your Teams account is not linked to a PagerDuty user in **{account}**. "
        "Muster acts only as the person who pressed, so nothing was changed. "
        "Ask a PagerDuty admin to get you linked, then press the button again."
    )


def failed_text(verb: VerbName, view: View, *, reason: str) -> str:
    """The change could not be made; ``reason`` is a sentence in a responder's words."""
    return (
        f"{_pressed(verb, view)}, and it did not work: {escape(reason, _REASON_LIMIT)} "
        "The card shows the incident as it is; if the button is still there, you can press it again."
    )


def late_text(verb: VerbName, view: View) -> str:
    """The press arrived too late to be still meant; it was not done."""
    return (
        f"{_pressed(verb, view)}, but that reached Muster only minutes later. "
        "It was not done, because the incident may have moved on since. "
        "Look at the card and press again if it is still right."
    )


def _pressed(verb: VerbName, view: View) -> str:
    number = f"#{view.number}" if view.number is not None else ""
    title = escape(view.title, _TITLE_LIMIT)
    what = " ".join(part for part in (number, title) if part) or f"incident {escape(view.incident_id, 40)}"
    url = web_link(view.url)
    return f"You pressed **{VERBS[verb].label}** on {what}" + (f" ([PagerDuty]({url}))" if url else "")
