"""What becomes of the channels of a team, folded into its state by pure functions."""

from collections.abc import Mapping
from datetime import datetime

from workflows.team_setup.activities import ChannelsChanged
from workflows.team_setup.changes import Because, Change, Reason
from workflows.team_setup.messages import ChannelHeard, SendRefused, TeamEvent
from workflows.team_setup.state import Revived, State
from workflows.team_setup.tellings import with_tellings

_CHANGES: Mapping[str, tuple[Reason, bool]] = {
    "installed": ("removed", True),
    "teamRestored": ("removed", True),
    "removed": ("removed", False),
    "teamDeleted": ("removed", False),
    "teamHardDeleted": ("removed", False),
    "teamArchived": ("archived", False),
    "teamUnarchived": ("archived", True),
    "channelDeleted": ("deleted", False),
    "channelRestored": ("deleted", True),
}
"""By Teams' word: the reason, and whether it is over."""
_DISPROVED: tuple[Reason, ...] = ("deleted", "refused")
"""What cannot hold of a channel from which something arrives. That its team is archived can."""


def with_change(state: State, event: TeamEvent) -> State:
    """The event takes channels away or brings them back; one that does neither changes nothing."""
    if event.event not in _CHANGES:
        return state
    reason, is_over = _CHANGES[event.event]
    if reason == "deleted" and event.channel is None:
        return state
    change = Change(
        reason=reason,
        channel=event.channel if reason == "deleted" else None,
        at=event.at,
        is_over=is_over,
        because=event.event,
    )
    return _with(state, change)


def refused_in(state: State, channel: str, at: datetime) -> State:
    """Teams refuses what is sent into a channel that is there."""
    return _with(state, Change(reason="refused", channel=channel, at=at, is_over=False, because="refused"))


def still_away(state: State, at: datetime) -> State:
    """Something was sent although the app is not in the team: its cards are to be let go again."""
    return _with(
        state,
        Change(
            reason="removed", channel=None, at=state.membership_at or at, is_over=False, because="removed"
        ),
    )


def with_refused_send(state: State, refused: SendRefused) -> State:
    """A send was refused: for each channel it is found out why the newest one was."""
    before = next((one for one in state.refused_sends if one.channel == refused.channel), refused)
    newest = max(before, refused, key=lambda one: one.at)
    others = (one for one in state.refused_sends if one is not before)
    return state.replace(refused_sends=(*others, newest))


def with_heard(state: State, heard: ChannelHeard) -> State:
    """Something arrived from a channel: by then it was there, and the bot was in it."""
    for reason in _DISPROVED:
        change = Change(reason=reason, channel=heard.channel, at=heard.at, is_over=True, because="heard")
        state = _with(state, change)
    return state


def with_followed(state: State, changes: tuple[Change, ...], changed: ChannelsChanged) -> State:
    """The rows have taken these changes: whom it concerns is told what came of it."""
    state = state.replace(
        changes=tuple(one for one in state.changes if one not in changes),
        followed=state.followed + 1,
        revived=_waiting(state, changed),
    )
    person = state.holder or changed.owner
    state = with_tellings(state, person, "suspended", changed, _because(changes, is_over=False))
    return with_tellings(state, person, "revived", changed, _because(changes, is_over=True))


def _waiting(state: State, changed: ChannelsChanged) -> tuple[Revived, ...]:
    """The connections whose open incidents are to come in. What came in before counts no more."""
    others = (one for one in state.revived if one.connection not in changed.connections)
    return (*others, *(Revived(connection=one, number=state.followed) for one in changed.connections))


def _with(state: State, change: Change) -> State:
    return state if change in state.changes else state.replace(changes=(*state.changes, change))


def _because(changes: tuple[Change, ...], *, is_over: bool) -> Because | None:
    """The newest cause of this kind."""
    found = [one for one in changes if one.is_over is is_over]
    return max(found, key=lambda one: one.at).because if found else None
