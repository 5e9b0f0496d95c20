"""What travels between the edge and a run of ``ChannelIncident``.

Messages and outcomes live in histories, so none of these holds a token, a secret or an OAuth code; people
and links are named by row id.
"""

from workflows.channel_incident.state import State
from workflows.channel_incident.view import CardIdentity, View
from workflows.following import Following
from workflows.presets import ChosenPreset
from workflows.room import Room
from workflows.values import Value
from workflows.verbs.outcomes import Outcome


class Conversation(Value):
    """A Teams channel or chat. Its address is not here: it can change, and is read at each call."""

    tenant: str
    id: str
    label: str
    """For operators: ``Payments/#ops``."""


class CardKey(Value):
    """The row of one card: an incident in a conversation."""

    account: str
    incident_id: str
    conversation: str


class Timing(Value):
    """Durations in seconds. They come with the start, so that tests pass milliseconds."""

    edit_interval: float = 1.5
    grace: float = 600
    late_edit: float = 25
    """After an edit whose answer was lost, the latest is sent once more: below 30 s (promise 4)."""


class Start(Value):
    """The input of a run."""

    account: str
    incident_id: str
    conversation: Conversation
    conversation_key: str
    """The conversation's readable key, a part of the run's id."""
    timing: Timing = Timing()
    preset: ChosenPreset = ChosenPreset()
    """How much is said beside the card, as its row has it."""
    following: Following | None = None
    """Who follows the incident here, as the card's row has it."""
    stored: bool = False
    """The card's row has had an intent: restore it before anything is shown."""
    offers_chat: bool = False
    """Its card may offer to make the incident a chat of its own."""
    offers_meeting: bool = False
    """Likewise a meeting."""
    room: Room | None = None
    """That chat, as the cards were told."""
    carried: State | None = None
    """From the run that continued as this one."""


class Attached(Value):
    """The incident is shown here from now on, whether or not it was before."""

    by: str | None = None
    """Name of whoever brought it in. ``None``: nobody; the conversation is there again."""
    by_connection: bool = False
    """A connection of the conversation brings the incident: nobody stops it here."""
    correlation: str = ""


class Followed(Value):
    """Somebody follows the incident here, and the card's row says so."""

    by: str
    """Name of whoever asked for it."""
    following: Following | None
    """``None``: a connection of the conversation brings the incident."""
    is_open: bool
    """The incident is not over: its events are to come."""
    correlation: str


class PresetChosen(Value):
    """Somebody chose how much is said beside the card, and its row says so."""

    chosen: ChosenPreset
    by: str
    """Name of whoever chose it."""


class ClickAnswer(Value):
    """What the API draws for the person who pressed: the outcome and the card as it is now."""

    outcome: Outcome
    view: View | None
    identity: CardIdentity


class End(Value):
    """The result of a run, for operators."""

    status: str
    revision: int
    orphans: int
