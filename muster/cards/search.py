"""What the search extension shows and says: a line for each incident, and sentences in plain text."""

import html

from muster.cards.elements import AdaptiveCard, adaptive_card, text_block
from muster.cards.incident.card import card_summary
from muster.cards.incident.names import NAME_LIMIT, PRIORITY_LIMIT, numbered
from muster.cards.incident.status_style import STATUS_STYLES
from muster.cards.sentences import OPERATOR
from muster.cards.text import plain
from workflows.channel_incident.view import View

NOTHING_FOUND = "Nothing found."
DID_NOT_ANSWER = "PagerDuty did not answer; try again."
TOO_MANY = "Too many people are searching right now, and PagerDuty was not asked. Try again in a moment."
REFUSED = f"PagerDuty refuses Muster's own app. {OPERATOR}"
LINK_REJECTED = (
    "PagerDuty does not let you see incidents by your link any more. Send unlinkUser to Muster in a private "
    "chat, then linkUser."
)
UNKNOWN_COMMAND = "Muster does not know this command."
LINK_LABEL = "Link Accounts"
_TITLE_LIMIT = 80


def not_searched(account: str) -> str:
    """The line of an account that could not tell what it has; plain text."""
    return f"{plain(account, NAME_LIMIT)} was not searched"


def not_searched_card(account: str, why: str) -> AdaptiveCard:
    """What such a line stands for, since each line of a list is a card."""
    text = f"{not_searched(account)}: {why}"
    return adaptive_card((text_block(text),), fallback_text=text)


def link_ended_sentence(account: str) -> str:
    """Whoever has lost one of several links; plain text."""
    return (
        f"Your link to it has ended. Send linkUser {plain(account, NAME_LIMIT)} to Muster in a private chat."
    )


def preview_title(view: View) -> str:
    """``#42 Checkout latency``, plain text."""
    return numbered(view, plain(view.title, _TITLE_LIMIT)) or card_summary(view)


def preview_text(view: View, *, account: str | None) -> str:
    """``🔴 Triggered · P1 · Checkout · Ada Ops``, and the ``account`` where several are searched; HTML."""
    style = STATUS_STYLES[view.status]
    assignee = view.assignees[0].name if view.assignees else ""
    more = view.assignee_count - 1
    parts = (
        f"{style.symbol} {style.name}",
        plain(view.priority or "", PRIORITY_LIMIT),
        plain(view.service.name, NAME_LIMIT) if view.service else "",
        plain(assignee, NAME_LIMIT) + (f" and {more} more" if assignee and more > 0 else ""),
        account or "",
    )
    return html.escape(" · ".join(part for part in parts if part))
