"""Builders of Adaptive Card elements under Microsoft's names: one for each element that the cards use.

TextBlock and FactSet have no builder. Both read Markdown, and Teams' clients differ in which escapes they
honour: on phones a link breaks whose text holds an escaped bracket, as titles of alerts often do. A TextRun
has no Markdown on any client, so text shows as its author wrote it (docs/decisions/0009).

Options have Microsoft's names too. Renderers ignore the case of their values.
Source: the schema of Adaptive Cards 1.5.
"""

from collections.abc import Iterable, Mapping
from typing import Literal, TypedDict, Unpack

Color = Literal["default", "dark", "light", "accent", "good", "warning", "attention"]
FontSize = Literal["Default", "Small", "Medium", "Large", "ExtraLarge"]
FontWeight = Literal["Default", "Lighter", "Bolder"]
Spacing = Literal["Default", "None", "Small", "Medium", "Large", "ExtraLarge", "Padding"]
HorizontalAlignment = Literal["Left", "Center", "Right"]
VerticalContentAlignment = Literal["Top", "Center", "Bottom"]
ContainerStyle = Literal["default", "emphasis", "accent", "good", "warning", "attention"]
ActionStyle = Literal["default", "positive", "destructive"]
ActionMode = Literal["primary", "secondary"]
"""``secondary`` puts the button into the overflow menu."""


class OpenUrlAction(TypedDict):
    """Opens a web page."""

    type: Literal["Action.OpenUrl"]
    url: str


class ExecuteActionOptions(TypedDict, total=False):
    """How a button looks, and where it stands."""

    style: ActionStyle
    mode: ActionMode


class ExecuteAction(ExecuteActionOptions):
    """A button that sends its verb and its data to the bot."""

    type: Literal["Action.Execute"]
    verb: str
    title: str
    data: Mapping[str, str]


class TextRunOptions(TypedDict, total=False):
    """How a piece of text looks; with a ``selectAction`` it is a link."""

    weight: FontWeight
    size: FontSize
    color: Color
    isSubtle: bool
    selectAction: OpenUrlAction


class TextRun(TextRunOptions):
    """A piece of text with one look."""

    type: Literal["TextRun"]
    text: str


class ElementOptions(TypedDict, total=False):
    """The distance of an element from the one above it."""

    spacing: Spacing


class RichTextBlockOptions(ElementOptions, total=False):
    """Where a paragraph stands in its container."""

    horizontalAlignment: HorizontalAlignment


class RichTextBlock(RichTextBlockOptions):
    """Pieces of text set as one paragraph, which wraps."""

    type: Literal["RichTextBlock"]
    inlines: list[TextRun]


class ContainerOptions(ElementOptions, total=False):
    """How a container looks; with ``bleed`` its colour reaches to the card's edge."""

    style: ContainerStyle
    bleed: bool


class Container(ContainerOptions):
    """Elements kept together; a style sets them apart from the others."""

    type: Literal["Container"]
    items: list["Element"]


class ColumnOptions(TypedDict, total=False):
    """Where the elements of a column stand in it."""

    verticalContentAlignment: VerticalContentAlignment


class Column(ColumnOptions):
    """One column of a ColumnSet."""

    type: Literal["Column"]
    width: str
    items: list["Element"]


class ColumnSet(ElementOptions):
    """Columns side by side."""

    type: Literal["ColumnSet"]
    columns: list[Column]


class ActionSet(ElementOptions):
    """A row of buttons."""

    type: Literal["ActionSet"]
    actions: list[ExecuteAction]


Element = RichTextBlock | Container | ColumnSet | ActionSet


class TeamsOptions(TypedDict):
    """Teams' own options of a card; the schema of Adaptive Cards does not have them."""

    width: Literal["Full"]


class AdaptiveCard(TypedDict):
    """A whole card."""

    type: Literal["AdaptiveCard"]
    version: Literal["1.5"]
    fallbackText: str
    msteams: TeamsOptions
    body: list[Element]


def adaptive_card(body: Iterable[Element], *, fallback_text: str) -> AdaptiveCard:
    """A card as wide as its conversation; a client that cannot draw it shows ``fallback_text`` (Markdown)."""
    return {
        "type": "AdaptiveCard",
        "version": "1.5",
        "fallbackText": fallback_text,
        "msteams": {"width": "Full"},
        "body": list(body),
    }


def text_run(text: str, **options: Unpack[TextRunOptions]) -> TextRun:
    """A piece of text."""
    return {"type": "TextRun", "text": text, **options}


def rich_text_block(*inlines: TextRun, **options: Unpack[RichTextBlockOptions]) -> RichTextBlock:
    """One paragraph."""
    return {"type": "RichTextBlock", "inlines": list(inlines), **options}


def container(*items: Element, **options: Unpack[ContainerOptions]) -> Container:
    """Elements kept together."""
    return {"type": "Container", "items": list(items), **options}


def column_set(*columns: Column, **options: Unpack[ElementOptions]) -> ColumnSet:
    """Columns side by side."""
    return {"type": "ColumnSet", "columns": list(columns), **options}


def column(width: str, *items: Element, **options: Unpack[ColumnOptions]) -> Column:
    """A column; ``width`` is ``auto`` (what it needs), ``stretch`` (the rest) or pixels (``84px``)."""
    return {"type": "Column", "width": width, "items": list(items), **options}


def action_set(*actions: ExecuteAction) -> ActionSet:
    """A row of buttons."""
    return {"type": "ActionSet", "actions": list(actions)}


def action_execute(
    verb: str, title: str, data: Mapping[str, str], **options: Unpack[ExecuteActionOptions]
) -> ExecuteAction:
    """A button that sends ``verb`` and ``data`` to the bot.

    It needs no ``fallback``: a client too old for Action.Execute (1.4) draws no 1.5 card at all and shows
    the card's ``fallbackText``.
    """
    return {"type": "Action.Execute", "verb": verb, "title": title, "data": data, **options}


def action_open_url(url: str) -> OpenUrlAction:
    """Opens ``url``, which has gone through ``muster.cards.text.web_link``."""
    return {"type": "Action.OpenUrl", "url": url}
