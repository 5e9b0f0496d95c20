"""What the cards of a set-up are drawn with: titles, paragraphs in which names stand, buttons."""

from collections.abc import Iterable

from muster.cards.elements import (
    AdaptiveCard,
    Element,
    ExecuteAction,
    RichTextBlock,
    TextBlock,
    TextRun,
    action_execute,
    adaptive_card,
    rich_text_block,
    text_block,
    text_run,
)
from muster.cards.text import literal, plain
from workflows.team_setup.view import NoticeView

NAME_LIMIT = 120


def card_of(title: str, elements: Iterable[Element]) -> AdaptiveCard:
    """A card with a title of our own words."""
    heading = text_block(title, size="Large", weight="Bolder")
    return adaptive_card([heading, *elements], fallback_text=title)


def named(name: str) -> TextRun:
    """A name that somebody else gave, inside a paragraph."""
    return text_run(literal(name, NAME_LIMIT), weight="Bolder")


def team(view: NoticeView) -> TextRun:
    """The team's name, inside a paragraph."""
    return named(view.team_name or "this team")


def paragraph(*pieces: str | TextRun) -> RichTextBlock:
    """A paragraph of our own words and names."""
    return rich_text_block(*(text_run(piece) if isinstance(piece, str) else piece for piece in pieces))


def said(text: str) -> TextBlock:
    """A paragraph of our own words alone; Markdown."""
    return text_block(text)


def button(view: NoticeView, verb: str, label: str, *, account: str | None = None) -> ExecuteAction:
    """A button that tells the bot which team and which message it stands on."""
    data = {"team": view.team, "notice": view.name}
    if account is not None:
        data["account"] = account
    tooltip = f"{label}: {plain(view.team_name, NAME_LIMIT)}" if view.team_name else label
    return action_execute(verb, data, title=label, tooltip=tooltip)
