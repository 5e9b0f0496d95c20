"""What a person is answered who asks to be linked, in sentences of plain text.

The one place that turns the codes of a ``LinkAnswer`` into words.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from muster.cards.text import plain
from workflows.account_link.messages import LinkAnswer

WORKING = "Muster is working on it. A message for you alone will say how to go on."
"""It was taken, and what came of it is not known yet."""
NOT_FOR_YOU = (
    "This message was made for somebody else, and so was its link. Send linkUser in our private chat "
    "for your own."
)
NOT_SERVED = (
    "No team of your organization belongs to this PagerDuty account, so nobody can be linked to it. Send "
    "status to see how the teams stand."
)
TEAM_NOT_AUTHORIZED = (
    "This team is not authorized at PagerDuty yet, which comes first. Send status to see who can do it."
)
NOBODY_SERVED = (
    "No team of your organization is authorized at PagerDuty yet, which comes first: an Account Owner or "
    "Global Admin of PagerDuty does it. Send status to see how the teams stand, or add the app to a team."
)

UNDO = "To undo it, send the message **unlinkUser** to the Muster app in a private chat."
"""Markdown."""

_NAME_LIMIT = 60
_PLACES: Mapping[str, str] = {
    "private": "in our private chat",
    "here": "in the conversation where you pressed a button, in a message that only you can see",
}
_SENTENCES: Mapping[str, str] = {
    "sent": "Muster has sent you a message with a link: {place}. Open it to link your accounts.",
    "waiting": "A link waits for you already: {place}. Open it to link your accounts.",
    "already_linked": "You are linked to PagerDuty already{name}. Send unlinkUser to undo it.",
    "done": "Done. The message says how to go on.",
    "not_under_way": "There is nothing to go on with any more. Send linkUser for a new link.",
}


def sentence_of(answer: LinkAnswer | None) -> str:
    """What the offer's workflow answered; ``None`` is an answer that was not there in time."""
    if answer is None:
        return WORKING
    name = f", as {plain(answer.name, _NAME_LIMIT)}" if answer.name else ""
    return _SENTENCES[answer.reply].format(place=_PLACES[answer.place], name=name)


def linked_sentence(*, account: str, name: str, since: datetime) -> str:
    """Who somebody is in PagerDuty, who asks for a link and has one."""
    return (
        f"You are {plain(name, _NAME_LIMIT)} in PagerDuty ({plain(account, _NAME_LIMIT)}), linked since "
        f"{day(since)}. Send unlinkUser to undo it."
    )


def unlinked_sentence(account: str, told: str, *, so: str, then: str) -> str:
    """The person is not linked: what that means for what they asked, what came of asking for their link."""
    shown = plain(account, _NAME_LIMIT)
    return f"Your Teams account is not linked to PagerDuty ({shown}), so {so}. {told} {then}"


def choose_sentence(accounts: Sequence[str]) -> str:
    """Which account? Asked where others read it too."""
    return (
        "Your organization has several PagerDuty accounts. Write one of these in our private chat: "
        + ", ".join(f"linkUser {plain(account, _NAME_LIMIT)}" for account in accounts)
        + "."
    )


def unknown_account_sentence(accounts: Sequence[str]) -> str:
    """Somebody named an account that is none of those."""
    known = ", ".join(f"linkUser {plain(account, _NAME_LIMIT)}" for account in accounts)
    return f"You cannot be linked to an account of that name. You can write: {known}."


def day(moment: datetime) -> str:
    """A day as people read it: ``3 November 2026``."""
    return f"{moment.astimezone(UTC):%d %B %Y}".removeprefix("0")
