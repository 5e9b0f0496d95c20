"""Builders of Adaptive Card elements under Microsoft's names: one for each element that the cards use.

Two elements show text (docs/decisions/0009). A **TextBlock** holds our own words, times and links: it
reads Markdown, and the functions ``{{DATE(…)}}`` and ``{{TIME(…)}}`` are documented for it alone. A
**TextRun** holds what other people wrote: it has no Markdown on any client, so text shows as its author
wrote it. Nothing in a TextRun can be pressed.

Options have Microsoft's names too. Renderers ignore the case of their values.
Source: the schema of Adaptive Cards 1.5.
"""

from collections.abc import Iterable, Mapping
from typing import Literal, NotRequired, TypedDict, Unpack

Color = Literal["default", "dark", "light", "accent", "good", "warning", "attention"]
FontSize = Literal["Default", "Small", "Medium", "Large", "ExtraLarge"]
FontType = Literal["Default", "Monospace"]
FontWeight = Literal["Default", "Lighter", "Bolder"]
Spacing = Literal["Default", "None", "Small", "Medium", "Large", "ExtraLarge", "Padding"]
HorizontalAlignment = Literal["Left", "Center", "Right"]
VerticalContentAlignment = Literal["Top", "Center", "Bottom"]
ContainerStyle = Literal["default", "emphasis", "accent", "good", "warning", "attention"]
ActionStyle = Literal["default", "positive", "destructive"]
ActionMode = Literal["primary", "secondary"]
"""``secondary`` puts the button into the overflow menu."""


class ActionOptions(TypedDict, total=False):
    """What a button is called, ``tooltip`` for a pointer and for a screen reader, and where it stands."""

    title: str
    tooltip: str
    mode: ActionMode


class OpenUrlAction(ActionOptions):
    """Opens a web page."""

    type: Literal["Action.OpenUrl"]
    url: str


class ToggleVisibilityAction(ActionOptions):
    """Shows the elements of these ids, or hides them."""

    type: Literal["Action.ToggleVisibility"]
    targetElements: list[str]


class ExecuteActionOptions(ActionOptions, total=False):
    """How a button looks."""

    style: ActionStyle


class ExecuteAction(ExecuteActionOptions):
    """A button that sends its verb and its data to the bot."""

    type: Literal["Action.Execute"]
    verb: str
    data: Mapping[str, str | int]


Action = ExecuteAction | OpenUrlAction | ToggleVisibilityAction


class TextOptions(TypedDict, total=False):
    """How a text looks."""

    weight: FontWeight
    size: FontSize
    color: Color
    isSubtle: bool


class TextRun(TextOptions):
    """A piece of text with one look."""

    type: Literal["TextRun"]
    text: str


class ElementOptions(TypedDict, total=False):
    """The distance of an element from the one above it."""

    spacing: Spacing


class TextBlockOptions(ElementOptions, TextOptions, total=False):
    """How a paragraph of our own words looks, and where it stands."""

    horizontalAlignment: HorizontalAlignment
    fontType: FontType


class TextBlock(TextBlockOptions):
    """Our own words, as a paragraph that wraps; Markdown."""

    type: Literal["TextBlock"]
    text: str
    wrap: Literal[True]


class RichTextBlockOptions(ElementOptions, total=False):
    """Where a paragraph stands in its container."""

    horizontalAlignment: HorizontalAlignment


class RichTextBlock(RichTextBlockOptions):
    """Pieces of text set as one paragraph, which wraps."""

    type: Literal["RichTextBlock"]
    inlines: list[TextRun]


class ContainerOptions(ElementOptions, total=False):
    """How a container looks, and what it does when it is pressed.

    With ``bleed`` its colour reaches to the card's edge. One with ``isVisible: False`` waits for an action
    that shows its ``id``.
    """

    id: str
    isVisible: bool
    style: ContainerStyle
    bleed: bool
    selectAction: OpenUrlAction


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
    actions: list[Action]


Element = TextBlock | RichTextBlock | Container | ColumnSet | ActionSet


class TeamsOptions(TypedDict):
    """Teams' own options of a card; the schema of Adaptive Cards does not have them."""

    width: Literal["Full"]


class Refresh(TypedDict):
    """What Teams asks the bot where somebody looks at the card, and shows them in its place.

    It names no people: Teams asks for everybody in a conversation of at most 60.
    """

    action: ExecuteAction


class AdaptiveCard(TypedDict):
    """A whole card; the shared one alone has a ``refresh`` (docs/decisions/0054)."""

    type: Literal["AdaptiveCard"]
    version: Literal["1.5"]
    fallbackText: str
    msteams: TeamsOptions
    refresh: NotRequired[Refresh]
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


def text_block(text: str, **options: Unpack[TextBlockOptions]) -> TextBlock:
    """A paragraph of our own words; ``text`` holds nothing that somebody else wrote."""
    return {"type": "TextBlock", "text": text, "wrap": True, **options}


def text_run(text: str, **options: Unpack[TextOptions]) -> TextRun:
    """A piece of text, from ``muster.cards.text.literal`` where somebody else wrote it."""
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


def action_set(*actions: Action, **options: Unpack[ElementOptions]) -> ActionSet:
    """A row of buttons."""
    return {"type": "ActionSet", "actions": list(actions), **options}


def action_execute(
    verb: str, data: Mapping[str, str | int], **options: Unpack[ExecuteActionOptions]
) -> ExecuteAction:
    """A button that sends ``verb`` and ``data`` to the bot.

    It needs no ``fallback``: a client too old for Action.Execute (1.4) draws no 1.5 card at all and shows
    the card's ``fallbackText``.
    """
    return {"type": "Action.Execute", "verb": verb, "data": data, **options}


def action_open_url(url: str, **options: Unpack[ActionOptions]) -> OpenUrlAction:
    """Opens ``url``, which has gone through ``muster.cards.text.web_link``."""
    return {"type": "Action.OpenUrl", "url": url, **options}


def action_toggle_visibility(*ids: str, **options: Unpack[ActionOptions]) -> ToggleVisibilityAction:
    """Shows the elements of these ids, or hides them."""
    return {"type": "Action.ToggleVisibility", "targetElements": list(ids), **options}
