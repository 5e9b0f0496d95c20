"""What one run of ``ChannelIncident`` knows, as one frozen value, and what starts a run."""

from datetime import datetime
from typing import Generic, Literal, TypeVar

from pydantic import AwareDatetime

from workflows.messages import Click, Conversation, Outcome, RecordedOutcome, Transition
from workflows.model.incident import (
    Acknowledgement,
    Bridge,
    Field,
    Reference,
    Responder,
    Role,
    Run,
    Snapshot,
    Stamp,
    Task,
    Value,
    Word,
)

MOST_ENTRIES = 50
"""Bound of every keyed list: the newest by stamp stay, whatever order they came in."""

ValueT = TypeVar("ValueT", bound=Value)


class Entry(Value, Generic[ValueT]):
    """A member of a keyed list with its own stamp: a newer one of the same key replaces it."""

    key: str
    stamp: Stamp
    value: ValueT


class Timing(Value):
    """Durations in seconds. They come with the start, so that tests pass milliseconds."""

    edit_interval: float = 1.5
    grace: float = 600
    late_edit: float = 25
    """After an edit whose answer was lost, the latest is sent once more: below 30 s (promise 4)."""


class Highlight(Value):
    """Something to be said in the thread once the card shows it."""

    transition: Transition
    stamp: Stamp
    by: str | None

    @property
    def second(self) -> datetime:
        """Two subscriptions can deliver one transition under two event ids, within one second."""
        return self.stamp.at.replace(microsecond=0)

    @property
    def key(self) -> str:
        """The highlight's identity within its incident."""
        return highlight_key(self.transition, self.second)


def highlight_key(transition: Transition, second: datetime) -> str:
    """Names a transition of one incident, under whatever event ids it is delivered."""
    return f"{transition}@{second.isoformat()}"


class Heard(Value):
    """What the newest snapshot that an *event* carried said; REST answers leave it alone."""

    stamp: Stamp
    priority: Reference | None = None


class PrivateWord(Value):
    """How a press ended, to be told to its person alone."""

    click: Click
    outcome: Outcome


class Card(Value):
    """The one message this run owns: what is wanted and what is known to be there."""

    marker: str
    nonce: str
    revision: int = 0
    """Of the wanted content; 0 until there is any."""
    content: str | None = None
    """Fingerprint of the wanted content."""
    activity_id: str | None = None
    shown_revision: int = 0
    shown_content: str | None = None
    resend: bool = False
    """The message may not show what is wanted, or carries a spent nonce: send it once more."""
    settle_at: AwareDatetime | None = None
    """An edit may still land late: at this time the latest is sent again."""
    orphans: int = 0


Degradable = Literal["card", "details", "highlights", "recall", "private"]


class Trouble(Value):
    """A part that cannot go on for now, why, and until when it waits."""

    part: Degradable
    reason: str
    until: AwareDatetime | None = None


class Line(Value):
    """One thing that happened, as an operator reads it."""

    at: AwareDatetime
    what: str
    who: str = ""


class State(Value):
    """Everything a run folds; also what the next run of the chain starts with."""

    snapshot: Snapshot | None = None
    snapshot_stamp: Stamp | None = None
    snapshot_from_rest: bool = False
    """REST stamps are whole seconds: see docs/decisions/0003."""
    heard: Heard | None = None
    triggered: Stamp | None = None
    """The newest snapshot that showed ``triggered``: acknowledgements before it are void."""
    resolution: Entry[Reference] | None = None
    reopened: Stamp | None = None
    acknowledgements: tuple[Entry[Acknowledgement], ...] = ()
    notes: tuple[Entry[Word], ...] = ()
    status_updates: tuple[Entry[Word], ...] = ()
    responders: tuple[Entry[Responder], ...] = ()
    roles: tuple[Entry[Role], ...] = ()
    tasks: tuple[Entry[Task], ...] = ()
    runs: tuple[Entry[Run], ...] = ()
    bridge: Entry[Bridge] | None = None
    fields: tuple[Field, ...] = ()
    fields_stamp: Stamp | None = None

    newest: AwareDatetime | None = None
    """When the newest fact happened: the card's *as of*."""
    details_wanted: Stamp | None = None
    details_read: Stamp | None = None
    reread_wanted: bool = False
    """A REST answer contradicted an event of the same second and must be read once more."""

    card: Card
    cause: str = ""
    """Correlation id of what last changed the card."""
    highlights: tuple[Highlight, ...] = ()
    """Waiting to be said."""
    notified: tuple[str, ...] = ()
    """Keys of highlights that were said or may have been said."""
    clicks: tuple[RecordedOutcome, ...] = ()
    private: tuple[PrivateWord, ...] = ()
    """Waiting to be told."""
    told: tuple[str, ...] = ()
    """Keys of the clicks whose person was told, or may have been."""
    troubles: tuple[Trouble, ...] = ()
    story: tuple[Line, ...] = ()
    """What happened last, for operators."""
    detached: bool = False


class Start(Value):
    """The input of ``ChannelIncident``."""

    account: str
    incident_id: str
    conversation: Conversation
    timing: Timing = Timing()
    remembered: bool = False
    """The card's row has had an intent: recall it before anything is shown."""
    carried: State | None = None
    """From the run that continued as this one."""


class End(Value):
    """The result of a run, for operators."""

    status: str
    revision: int
    orphans: int
