"""The incident card: one glance tells state, urgency, what and who.

From the top: a band in the state's colour, the title, a few facts, the latest word, the buttons, and at
the foot the instant and revision that the card shows.
"""

from collections.abc import Iterator
from typing import Any

from muster.cards.band import status_band
from muster.cards.blocks import Block, actions, execute, group, line, link, panel, run
from muster.cards.facts import fact_rows
from muster.cards.passage import passage
from muster.cards.tables import MISSING, NAME_LIMIT, PRIORITY_LIMIT, STATUS_STYLES
from muster.cards.text import escape, literal, plain, web_link
from muster.cards.words import instant_after
from workflows.channel_incident.view import CardIdentity, View
from workflows.incident.values import Comment
from workflows.verbs.button_data import ButtonData
from workflows.verbs.registry import VERBS
from workflows.verbs.verb import VerbName

_TITLE_LIMIT = 160
_SUMMARY_TITLE_LIMIT = 80
_SENTENCE_LIMIT = 200
_OPEN_BUTTONS = 3
"""Teams clips a fourth button at a channel's width; the rest go into the overflow menu."""


def incident_card(view: View, identity: CardIdentity, *, notice: str | None = None) -> dict[str, Any]:
    """The Adaptive Card of one incident at one revision.

    ``notice`` is a sentence for the person who pressed a button, and for the answer to that press alone.
    ``msteams`` is Teams' own addition: the schema of Adaptive Cards does not know it.
    """
    return {
        "type": "AdaptiveCard",
        "version": "1.5",
        "fallbackText": _fallback(view),
        "msteams": {"width": "Full"},
        "body": list(_body(view, identity, notice)),
    }


def card_summary(view: View) -> str:
    """The card as one plain line, for notifications: ``#42 Checkout latency · Triggered · P1``."""
    title = plain(view.title, _SUMMARY_TITLE_LIMIT)
    priority = plain(view.priority or "", PRIORITY_LIMIT)
    return " · ".join(
        part for part in (_numbered(view, title), STATUS_STYLES[view.status].word, priority) if part
    )


def _body(view: View, identity: CardIdentity, notice: str | None) -> Iterator[Block]:
    yield status_band(view)
    yield _title(view)
    if facts := fact_rows(view):
        yield group(*facts)
    if words := _words(view):
        yield words
    if view.degraded:
        yield group(
            *(line(run(f"⚠️ {MISSING[what]}", size="Small"), spacing="None") for what in view.degraded)
        )
    if notice:
        text = run(f"ℹ️ {literal(notice, _SENTENCE_LIMIT)}", weight="Bolder")
        yield panel("accent", line(text), spacing="Medium")
    if view.verbs:
        yield _buttons(view, identity)
    yield _foot(view)


def _title(view: View) -> Block:
    title = _numbered(view, literal(view.title, _TITLE_LIMIT))
    url = web_link(view.url)
    return line(link(title, url, size="Large", weight="Bolder"), spacing="Medium")


def _warning(sentence: str) -> Block:
    return line(run(f"⚠️ {sentence}", size="Small"), spacing="None")


def _words(view: View) -> Block | None:
    """The last note and the last status update: the newer first and at length, the older in brief."""
    said = [("Latest note", view.latest_note), ("Latest status update", view.latest_status_update)]
    words = [(label, word) for label, word in said if word]
    if not words:
        return None
    newer, *older = sorted(words, key=lambda entry: entry[1].at, reverse=True)
    lines = _word(view, *newer, limit=400, most_lines=6)
    for entry in older:
        first, *rest = _word(view, *entry, limit=160, most_lines=2)
        lines += [first | {"spacing": "Medium"}, *rest]
    return panel("emphasis", *lines, spacing="Medium")


def _word(view: View, label: str, word: Comment, *, limit: int, most_lines: int) -> list[Block]:
    author = literal(word.author or "", NAME_LIMIT)
    heading = " · ".join(part for part in (label, author, instant_after(word.at, view.opened_at)) if part)
    return [
        line(run(heading, size="Small", isSubtle=True)),
        *(line(*runs, spacing="None") for runs in passage(word.text, limit=limit, most_lines=most_lines)),
    ]


def _buttons(view: View, identity: CardIdentity) -> Block:
    data = ButtonData(
        account=view.account, incident_id=view.incident_id, marker=identity.marker, nonce=identity.nonce
    ).to_wire()
    return actions(*(_button(verb, place, data) for place, verb in enumerate(view.verbs)))


def _button(verb: VerbName, place: int, data: dict[str, str]) -> Block:
    style: dict[str, Any] = {}
    if place == 0:
        style["style"] = "positive"
    if place >= _OPEN_BUTTONS:
        style["mode"] = "secondary"
    return execute(verb, VERBS[verb].label, data, **style)


def _foot(view: View) -> Block:
    text = f"as of {instant_after(view.as_of, view.opened_at)} · rev {view.revision}"
    return line(run(text, size="Small", isSubtle=True), horizontalAlignment="Right", spacing="Small")


def _fallback(view: View) -> str:
    """The card for a client that cannot draw it; Markdown."""
    text = escape(card_summary(view), _TITLE_LIMIT)
    url = web_link(view.url)
    return f"{text} · [open in PagerDuty]({url})" if url else text


def _numbered(view: View, title: str) -> str:
    """``#42 Title`` of what there is; the id where there is neither."""
    number = f"#{view.number}" if view.number is not None else ""
    return " ".join(part for part in (number, title) if part) or f"Incident {view.incident_id}"
