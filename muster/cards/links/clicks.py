"""Clicks that met no link, as their person is told of them in the message that offers one."""

from collections.abc import Iterator, Mapping, Sequence

from muster.cards.elements import Element, TextRun
from muster.cards.incident.names import numbered
from muster.cards.outcomes import sentence_of
from muster.cards.setup.drawing import named, paragraph, said
from muster.cards.text import literal, plain
from workflows.account_link.state import MOST_CLICKS
from workflows.account_link.view import ClickView
from workflows.channel_incident.view import View
from workflows.verbs.registry import VERBS

_TITLE_LIMIT, _ID_LIMIT = 80, 40
_SENTENCE_LIMIT = 500
_ENDINGS: Mapping[str, str] = {
    "later": ", but your accounts were linked more than a minute after that, so it was not done. Press "
    "the button again.",
    "card_gone": ", but that card is not there any more, so it was not done.",
    "rejected": ", but it could not be taken any more, so it was not done. Press the button again.",
    "unknown": ", and Muster could not find out whether it was done. Look at the card, and press again if "
    "the button is still there.",
}
_LEFT_OUT = (
    f"You pressed buttons on more cards than these. Muster keeps at most {MOST_CLICKS}, so nothing is done "
    "on the others: press there again{when}."
)


def title_of(view: View | None, incident_id: str) -> str:
    """What somebody clicked on: ``#42 Checkout latency``; plain text."""
    known = numbered(view, plain(view.title, _TITLE_LIMIT)) if view is not None else ""
    return known or f"incident {plain(incident_id, _ID_LIMIT)}"


def done_in_time(clicks: Sequence[ClickView], account: TextRun, *, left_out: bool) -> Iterator[Element]:
    """That nothing was changed, and that it is done if the link comes at once."""
    unlinked = (
        ", but your Teams account is not linked to a PagerDuty user in ",
        account,
        ". Muster acts only as the person who pressed, so nothing was changed.",
    )
    if len(clicks) == 1:
        yield paragraph(*_clicked(clicks[0]), *unlinked)
        yield said(
            "If you link your accounts within a minute, it is done then. Later, press the button again."
        )
    else:
        yield paragraph("You pressed buttons on several cards", *unlinked)
        for click in clicks:
            yield paragraph(*_clicked(click), ".")
        yield said(
            "What you pressed less than a minute before your accounts are linked is done then. Press again "
            "what you pressed before that."
        )
    if left_out:
        yield said(_LEFT_OUT.format(when=", once you are linked"))


def how_they_ended(clicks: Sequence[ClickView], *, account: str, left_out: bool) -> Iterator[Element]:
    """How each click ended, once its person was linked."""
    for click in clicks:
        yield _how_it_ended(click, account)
    if left_out:
        yield said(_LEFT_OUT.format(when=""))


def _how_it_ended(click: ClickView, account: str) -> Element:
    ending = click.ending
    if ending is None:
        return paragraph(*_clicked(click), ". Muster is doing it now.")
    if ending.outcome is not None:
        sentence = sentence_of(ending.outcome, click.verb, account=account)
        return paragraph(*_clicked(click), ". ", literal(sentence, _SENTENCE_LIMIT))
    return paragraph(*_clicked(click), _ENDINGS[ending.kind])


def _clicked(click: ClickView) -> tuple[str | TextRun, ...]:
    return ("You pressed ", named(VERBS[click.verb].label), " on ", named(click.title))
