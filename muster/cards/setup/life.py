"""What one person is told of channels that stopped or began again to show incidents."""

from collections.abc import Iterator, Mapping, Sequence

from muster.cards.elements import AdaptiveCard, Element, TextRun, text_run
from muster.cards.setup.drawing import card_of, named, paragraph, said, team
from workflows.bringing_in.activities import MOST
from workflows.team_setup.view import Because, NoticeView

SUSPENDED = "Incidents no longer appear in Teams"
REVIVED = "Incidents appear in Teams again"
_MOST_NAMES = 20
_MOST_CONNECTED = 10

_HAPPENED: Mapping[Because, tuple[str, str]] = {
    "removed": ("Muster was removed from the team ", "."),
    "teamDeleted": ("The team ", " was deleted."),
    "teamHardDeleted": ("The team ", " was deleted for good."),
    "teamArchived": ("The team ", " was archived."),
    "channelDeleted": ("A channel of the team ", " was deleted."),
    "refused": ("Teams does not let Muster write in a channel of the team ", "."),
    "installed": ("Muster was added to the team ", " again."),
    "teamRestored": ("The team ", " was restored."),
    "teamUnarchived": ("The team ", " is not archived any more."),
    "channelRestored": ("A channel of the team ", " was restored."),
    "heard": ("Muster is in a channel of the team ", " again."),
}
"""Our words before the team's name, and after it."""

_WAY_BACK: Mapping[Because, str] = {
    "removed": "Add Muster to the team again within 30 days, and they appear there again: nothing has to be "
    "authorized anew.",
    "teamDeleted": "Restore the team within 30 days, and they appear there again.",
    "teamArchived": "They appear there again when the team is not archived any more.",
    "channelDeleted": "They appear there again when the channel is restored.",
    "refused": "They appear there again when the team or the channel is restored, when Muster is added to "
    "the team again, or when somebody writes to Muster there.",
}


def title_of(view: NoticeView) -> str:
    """What the card says first, and alone where there is no room."""
    return SUSPENDED if view.showing == "suspended" else REVIVED


def life_card(view: NoticeView) -> AdaptiveCard:
    """What happened, which channels it is about, and what follows."""
    return card_of(title_of(view), _life(view))


def _life(view: NoticeView) -> Iterator[Element]:
    if view.because is not None:
        before, after = _HAPPENED[view.because]
        yield paragraph(before, team(view), after)
    if view.showing == "suspended":
        yield paragraph("The incidents of PagerDuty no longer appear in ", *_channels(view), ".")
        yield from _connected(view)
        if view.because is not None and view.because in _WAY_BACK:
            yield said(_WAY_BACK[view.because])
        return
    yield paragraph("The incidents of PagerDuty appear again in ", *_channels(view), ".")
    yield from _connected(view)
    yield said(
        "Incidents that are open now come in: cards that are there go on, and those that were opened in the "
        f"meantime get one, the {MOST} newest of each service. Others are in PagerDuty alone."
    )


def _connected(view: NoticeView) -> Iterator[Element]:
    """Whoever connected something reads what it was; the rest of a long list stands above by channel."""
    for one in view.connected[:_MOST_CONNECTED]:
        yield paragraph("You connected ", *_names(one.services), " to ", named(one.channel), ".")


def _channels(view: NoticeView) -> Iterator[TextRun]:
    return _names(view.channels)


def _names(names: Sequence[str]) -> Iterator[TextRun]:
    shown = names[:_MOST_NAMES]
    for place, name in enumerate(shown):
        if place:
            yield text_run(", ")
        yield named(name)
    if more := len(names) - len(shown):
        yield text_run(f" and {more} more")
