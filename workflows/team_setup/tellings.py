"""Who is told that channels stopped or began again to show incidents: each person once, by one message."""

from typing import Literal

from workflows.person import Person
from workflows.team_setup.activities import ChannelsChanged
from workflows.team_setup.changes import Because, Connected, Telling
from workflows.team_setup.state import State


def with_tellings(
    state: State,
    owner: Person | None,
    showing: Literal["suspended", "revived"],
    changed: ChannelsChanged,
    because: Because | None,
) -> State:
    """Tell the owner of all channels, and whoever connected a service to some of them of those."""
    channels = changed.suspended if showing == "suspended" else changed.revived
    if because is None or not channels:
        return state
    connected = {
        one.person.aad_object_id: one.suspended if showing == "suspended" else one.revived
        for one in changed.connectors
    }
    if owner is not None:
        own = connected.get(owner.aad_object_id, ())
        telling = Telling(showing=showing, because=because, channels=channels, connected=own)
        state = _told(state, owner, telling)
    for one in changed.connectors:
        theirs = connected[one.person.aad_object_id]
        if theirs and (owner is None or one.person.aad_object_id != owner.aad_object_id):
            telling = Telling(
                showing=showing, because=because, channels=_channels_of(theirs), connected=theirs
            )
            state = _told(state, one.person, telling)
    return state


def _channels_of(connected: tuple[Connected, ...]) -> tuple[str, ...]:
    return tuple(one.channel for one in connected)


def _told(state: State, person: Person, telling: Telling) -> State:
    state = state.with_new_notice("life", person)
    return state.changed(state.notices[-1], telling=telling)
