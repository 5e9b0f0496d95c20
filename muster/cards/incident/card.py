"""The incident card: one glance tells status, urgency, what and who.

From the top: a band in the status's colour, the title, facts, the latest comments, what is missing, who
stopped following it, a notice for whoever clicked, the buttons, the details that one of them opens, and at
the foot the instant that the card shows.
"""

from collections.abc import Iterator

from muster.cards.elements import (
    AdaptiveCard,
    Container,
    Element,
    TextBlock,
    action_open_url,
    adaptive_card,
    container,
    rich_text_block,
    text_block,
    text_run,
)
from muster.cards.formatting import instant, instant_after
from muster.cards.incident.buttons import further_buttons, open_tooltip, verb_buttons
from muster.cards.incident.comments import latest_comments
from muster.cards.incident.details import DETAILS, details_of
from muster.cards.incident.fact_rows import fact_rows
from muster.cards.incident.meeting import meeting_block
from muster.cards.incident.names import NAME_LIMIT, PRIORITY_LIMIT, TITLE_LIMIT, merged_into, numbered
from muster.cards.incident.room import room_block
from muster.cards.incident.size import ever_smaller, is_small_enough
from muster.cards.incident.status_band import status_band
from muster.cards.incident.status_style import STATUS_STYLES
from muster.cards.text import escape, literal, plain, web_link
from workflows.channel_incident.view import CardIdentity, Missing, View
from workflows.following import Stopped

_SUMMARY_TITLE_LIMIT = 80
_SUMMARY_LIMIT = 240
_NOTICE_LIMIT = 200
_MISSING: dict[Missing, str] = {
    "details": "Responders and custom fields are still missing; they appear once PagerDuty can be read.",
    "restore": "PagerDuty's latest state is still missing; it appears once PagerDuty can be read.",
}


def incident_card(view: View, identity: CardIdentity, *, notice: str | None = None) -> AdaptiveCard:
    """The Adaptive Card of one incident at one revision, at most 28 KB.

    ``notice`` is a sentence for the person who clicked. It stands on the card that answers the click alone.
    """
    cards = (_card(fewer, identity, notice) for fewer in ever_smaller(view))
    card = next(cards)
    while not is_small_enough(card) and (smaller := next(cards, None)):
        card = smaller
    return card


def card_summary(view: View) -> str:
    """The card as one plain line, for notifications: ``#42 Checkout latency · Triggered · P1``."""
    title = _numbered(view, plain(view.title, _SUMMARY_TITLE_LIMIT))
    status = STATUS_STYLES[view.status].name
    if view.merged_into:
        status = f"Merged into {merged_into(view.merged_into, plain)}"
    priority = plain(view.priority or "", PRIORITY_LIMIT)
    return " · ".join(part for part in (title, status, priority) if part)


def _card(view: View, identity: CardIdentity, notice: str | None) -> AdaptiveCard:
    return adaptive_card(_body(view, identity, notice), fallback_text=fallback(view))


def _body(view: View, identity: CardIdentity, notice: str | None) -> Iterator[Element]:
    title = literal(view.title, TITLE_LIMIT)
    yield status_band(view)
    yield titled(view)
    if rows := fact_rows(view):
        yield container(*rows)
    if comments := latest_comments(view):
        yield comments
    if view.degraded:
        yield container(*(_warning(_MISSING[what]) for what in view.degraded))
    if view.room:
        yield from room_block(view.room, offers_chat="create_chat" in view.verbs)
    yield from meeting_block(view)
    if view.stopped:
        yield _stopped(view.stopped)
    if notice:
        yield _notice(notice)
    if view.verbs:
        yield verb_buttons(view, identity)
    details = details_of(view, title_shown=title)
    if buttons := further_buttons(view, details=DETAILS if details else None):
        yield buttons
    if details:
        yield details
    yield _foot(view)


def titled(view: View) -> Container:
    """Number and title, which open the incident in PagerDuty."""
    title = literal(view.title, TITLE_LIMIT)
    text = text_run(_numbered(view, title), size="Large", weight="Bolder")
    block = rich_text_block(text)
    url = web_link(view.url)
    if url is None:
        return container(block, spacing="Medium")
    opens = action_open_url(url, tooltip=open_tooltip(view))
    return container(block, spacing="Medium", selectAction=opens)


def _warning(sentence: str) -> TextBlock:
    return text_block(f"⚠️ {sentence}", size="Small", spacing="None")


def _stopped(stopped: Stopped) -> Container:
    if stopped.is_archived:
        heading, why = "This chat was archived", "This is the incident as it was then."
    else:
        heading, why = "Not followed here any more since", f"{literal(stopped.by, NAME_LIMIT)} stopped it."
    return container(
        text_block(f"{heading} {instant(stopped.at)}.", weight="Bolder"),
        rich_text_block(text_run(why), spacing="None"),
        style="emphasis",
        spacing="Medium",
    )


def _notice(sentence: str) -> Container:
    text = text_run(f"ℹ️ {literal(sentence, _NOTICE_LIMIT)}", weight="Bolder")
    return container(rich_text_block(text), style="accent", spacing="Medium")


def _foot(view: View) -> TextBlock:
    text = f"as of {instant_after(view.as_of, view.opened_at)}"
    return text_block(text, size="Small", isSubtle=True, horizontalAlignment="Right", spacing="Small")


def fallback(view: View) -> str:
    """The card for a client that cannot draw it; Markdown."""
    url = web_link(view.url)
    return escape(card_summary(view), _SUMMARY_LIMIT) + (f" · [open in PagerDuty]({url})" if url else "")


def _numbered(view: View, title: str) -> str:
    """``#42 Title``, or the id where there is neither number nor title."""
    return numbered(view, title) or f"Incident {view.incident_id}"
