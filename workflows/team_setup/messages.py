"""What travels between the edge and a run of ``TeamSetup``.

It all lives in histories: links and KEYs are named by the id of their row, people by their ids in Teams.
"""

from datetime import datetime
from typing import Literal

from workflows.person import Person
from workflows.team_setup.state import Reply as Reply
from workflows.team_setup.state import SendRefused as SendRefused
from workflows.team_setup.state import State
from workflows.values import Value

MembershipEvent = Literal["installed", "removed"]
"""The app came into the team, or left it; one word for the twin events of Teams."""


class Deadlines(Value):
    """Durations in seconds. They come with the start, so that tests pass milliseconds."""

    link: float = 3600
    """An Authorize link (``MUSTER_LINK_LIFE``)."""
    consent_link: float = 7 * 24 * 3600
    abandoned: float = 30 * 24 * 3600
    """Without a step."""
    role_reads: tuple[float, ...] = (0, 2, 5, 10, 20, 40)
    """Waits before the first readings of the granted roles after a return from the consent page …"""
    role_reads_each_minute: int = 15
    """… then so many, one each minute …"""
    minute: float = 60
    role_reads_each_hour: int = 24
    """… and so many, one each hour."""
    hour: float = 3600


class Start(Value):
    """The input of a run. The rest is in the team's row, which every run reads first."""

    tenant: str
    team: str
    """Its thread id."""
    key: str
    """The team's readable key, a part of the run's id."""
    name: str
    """For operators; as it was when the run started."""
    deadlines: Deadlines = Deadlines()
    carried: State | None = None
    """From the run that continued as this one."""


class TeamEvent(Value):
    """Something happened to the team, under Teams' own word (the signal's name)."""

    event: str
    activity: str
    """Id of the activity, for the log."""
    at: datetime
    """The activity's ``timestamp``: the newer one decides."""
    person: Person | None = None
    """Who did it; ``None`` where Teams does not say (installed by policy or by Graph)."""
    channel: str | None = None
    """The channel selected at an installation, or the one that the event is about."""
    name: str | None = None
    """The new name, where the event is a renaming."""


class ChannelHeard(Value):
    """A message or a press of a button came from a channel that is suspended."""

    channel: str
    at: datetime
    """The activity's ``timestamp``."""
    correlation: str | None = None


class Pressed(Value):
    """A button of one of its cards, or a command to it."""

    key: str
    """Tells this click or command from every other, however often Teams delivers it."""
    person: Person
    message: str | None = None
    """Activity id of the card whose button was pressed; ``None`` for a command."""
    notice: str | None = None
    """Which notice that card is, as its button says: a hint."""
    account: str | None = None
    """The chosen account."""
    offer: int | None = None
    """The offer whose KEY a command held."""
    correlation: str | None = None


class Authorized(Value):
    """An Authorize link was spent; the row says by whom."""

    offer: int
    correlation: str | None = None


class KeyShown(Value):
    """The KEY of an offer was written where others read it: the offer is over, as its row says."""

    offer: int
    correlation: str | None = None


class ConsentReturned(Value):
    """Somebody came back from Microsoft's consent page. What was granted is read, never believed."""

    offer: int | None
    """``None``: the set-up of another team of the tenant has found the consent."""
    refused: bool
    correlation: str | None = None


class SetupAnswer(Value):
    """What the API tells whoever pressed, wrote or came back: a code of muster/cards/setup/sentences.py."""

    reply: Reply
    to: str | None = None
    """The account of an authorization that was refused, or whatever the sentence names."""


class End(Value):
    """The result of a run, for operators: ``complete``, ``removed`` or ``abandoned``."""

    step: str
