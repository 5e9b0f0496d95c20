"""The buttons of the incident card: what a responder can do, and where to look further."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from muster.cards.elements import (
    Action,
    ActionOptions,
    ActionSet,
    ExecuteAction,
    ExecuteActionOptions,
    OpenUrlAction,
    action_execute,
    action_open_url,
    action_set,
    action_toggle_visibility,
)
from muster.cards.incident.meeting import JOIN_MEETING, meeting_address
from muster.cards.incident.room import JOIN_CHAT, chat_address
from muster.cards.text import web_link
from workflows.channel_incident.view import CardIdentity, View
from workflows.verbs.button_data import ButtonData
from workflows.verbs.registry import VERBS
from workflows.verbs.verb import VerbName

_MOST_VISIBLE = 3
"""Teams clips a fourth button at a channel's width; the rest go into the overflow menu."""


class _WayIn(NamedTuple):
    """A link in the place of the verb that made what it leads to."""

    verb: VerbName
    label: str
    address: str
    tooltip: str


def verb_buttons(view: View, identity: CardIdentity) -> ActionSet:
    """One button for each verb that the view offers, and a way in where what it makes is there.

    The first one stands out.
    """
    data = ButtonData(
        account=view.account, incident_id=view.incident_id, marker=identity.marker, nonce=identity.nonce
    ).to_wire()
    ways_in = {way.verb: way for way in _ways_in(view)}
    shown = sorted({*view.verbs, *ways_in}, key=lambda verb: (VERBS[verb].place, verb))
    return action_set(
        *(
            _link(ways_in[verb], place) if verb in ways_in else _verb_button(view, verb, place, data)
            for place, verb in enumerate(shown)
        )
    )


def _ways_in(view: View) -> Iterator[_WayIn]:
    if address := meeting_address(view):
        yield _WayIn("create_meeting", JOIN_MEETING, address, named("Join the meeting of", view))
    if address := chat_address(view.room):
        yield _WayIn("create_chat", JOIN_CHAT, address, named("Join the chat of", view))


def _link(way: _WayIn, place: int) -> OpenUrlAction:
    options: ActionOptions = {"title": way.label, "tooltip": way.tooltip}
    if place >= _MOST_VISIBLE:
        options["mode"] = "secondary"
    return action_open_url(way.address, **options)


def further_buttons(view: View, *, details: str | None) -> ActionSet | None:
    """**Details**, which opens the element of this id, and **Open in PagerDuty**; ``None`` without either.

    A link is the way out where buttons that call the bot fail, as on some phones (AdaptiveCards #9315).
    """
    actions: list[Action] = []
    if details:
        actions.append(action_toggle_visibility(details, title="Details", tooltip=named("Details of", view)))
    if url := web_link(view.url):
        actions.append(action_open_url(url, title="Open in PagerDuty", tooltip=open_tooltip(view)))
    return action_set(*actions, spacing="Small") if actions else None


def open_tooltip(view: View) -> str:
    """What a link to the incident is called."""
    return f"{named('Open', view)} in PagerDuty"


def _verb_button(view: View, verb: VerbName, place: int, data: Mapping[str, str]) -> ExecuteAction:
    label = VERBS[verb].label
    options: ExecuteActionOptions = {"title": label, "tooltip": named(label, view)}
    if place == 0:
        options["style"] = "positive"
    if place >= _MOST_VISIBLE or VERBS[verb].stops_following:
        options["mode"] = "secondary"
    return action_execute(verb, data, **options)


def named(what: str, view: View) -> str:
    """A screen reader hears which of many cards a button belongs to."""
    return f"{what} #{view.number}" if view.number is not None else f"{what} incident {view.incident_id}"
