"""Builders of Adaptive Card elements, one per element that the cards use.

There is no ``TextBlock`` and no ``FactSet`` among them. Those read Markdown, and Teams' clients disagree
about its escapes: the phones' parser breaks a link whose text holds an escaped bracket, as the titles of
many alerts do. A ``TextRun`` knows no Markdown on any client, so text shows as its author wrote it.
"""

from typing import Any

Block = dict[str, Any]

_LABEL_WIDTH = "84px"
"""Fits the longest of our own labels; a share of the width would leave a gap on a wide screen."""


def run(text: str, **look: Any) -> Block:
    """A piece of text with one look (``weight``, ``size``, ``color``, ``isSubtle``)."""
    return {"type": "TextRun", "text": text, **look}


def link(text: str, url: str | None, **look: Any) -> Block:
    """A piece of text that opens ``url``; without one, only the text."""
    if url is None:
        return run(text, **look)
    return run(text, **look, selectAction={"type": "Action.OpenUrl", "url": url})


def line(*runs: Block, **place: Any) -> Block:
    """Pieces of text set as one paragraph; it wraps."""
    return {"type": "RichTextBlock", "inlines": list(runs), **place}


def sides(left: list[Block], right: list[Block], **place: Any) -> Block:
    """Two sides of one line: the right one has the width it needs, the left one the rest."""
    return _columns(
        _column("stretch", left, verticalContentAlignment="Center"),
        _column("auto", right, verticalContentAlignment="Center"),
        **place,
    )


def panel(style: str, *items: Block, **place: Any) -> Block:
    """A box that sets its content apart."""
    return {"type": "Container", "style": style, "items": list(items), **place}


def fact(label: str, *runs: Block) -> Block:
    """A labelled value; facts follow each other as the lines of a text do."""
    name, value = line(run(label, isSubtle=True)), line(*runs)
    return _columns(_column(_LABEL_WIDTH, [name]), _column("stretch", [value]), spacing="None")


def group(*items: Block, **place: Any) -> Block:
    """Elements kept together."""
    return {"type": "Container", "items": list(items), **place}


def actions(*buttons: Block) -> Block:
    """A row of buttons."""
    return {"type": "ActionSet", "actions": list(buttons)}


def execute(verb: str, title: str, data: dict[str, Any], **look: Any) -> Block:
    """A button that sends ``verb`` and ``data`` to the bot.

    It needs no ``fallback``: a client too old for Action.Execute (1.4) does not draw a 1.5 card at all,
    it shows the card's ``fallbackText``.
    """
    return {"type": "Action.Execute", "verb": verb, "title": title, "data": data, **look}


def _columns(*columns: Block, **place: Any) -> Block:
    return {"type": "ColumnSet", "columns": list(columns), **place}


def _column(width: str, items: list[Block], **place: Any) -> Block:
    return {"type": "Column", "width": width, "items": items, **place}
