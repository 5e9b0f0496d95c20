"""What takes a team or a channel away, and what brings it back, as the rows are told of it."""

from datetime import timedelta
from typing import Literal

from pydantic import AwareDatetime

from workflows.person import Person
from workflows.values import Value

RETURNS_WITHIN = timedelta(days=30)
"""An app that is added again by then needs no new authorization (docs/decisions/0050); later, upkeep forgets
the team."""

Reason = Literal["removed", "archived", "deleted", "refused"]
"""The app is not in the team, or the team is deleted; the team is archived; the channel is deleted; Teams
refuses what the bot sends there, and nobody told why. A channel is suspended while any of them holds."""

Because = Literal[
    "installed",
    "removed",
    "teamDeleted",
    "teamHardDeleted",
    "teamRestored",
    "teamArchived",
    "teamUnarchived",
    "channelDeleted",
    "channelRestored",
    "refused",  # a send, and no event was heard
    "heard",  # something arrived from a channel in which sends were refused
]
"""What people are told as the cause: Teams' own words, as far as there are any."""


class Change(Value):
    """A reason holds since ``at``, or is over since then. Of two, the later one decides."""

    reason: Reason
    channel: str | None
    """``None``: the whole team."""
    at: AwareDatetime
    is_over: bool
    because: Because


class Connected(Value):
    """What one person has connected to a channel."""

    channel: str
    services: tuple[str, ...]
    """Names, as that of the channel."""


class Connector(Value):
    """Somebody who connected services to channels that stopped or began again to show incidents."""

    person: Person
    suspended: tuple[Connected, ...] = ()
    revived: tuple[Connected, ...] = ()


class Telling(Value):
    """What one person is told of channels that stopped or began again to show incidents."""

    showing: Literal["suspended", "revived"]
    because: Because
    channels: tuple[str, ...]
    """Their names."""
    connected: tuple[Connected, ...] = ()
    """By this person."""
