"""What travels between the edge, the workflows and the activities.

Facts, clicks and outcomes live in histories, so none of these holds a token, a secret or an OAuth
code; people and links are named by row id.
"""

from typing import Literal

from pydantic import AwareDatetime

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
from workflows.model.verbs import VerbName
from workflows.model.view import Stamped, View

Transition = Literal["priority_raised", "escalated", "reopened", "resolved"]


class Facts(Value):
    """One PagerDuty event, normalised at the edge (``muster.facts``): at most 8 KB as JSON.

    ``snapshot`` is set by the events that carry the whole incident; each of the others sets the one
    field it is about.
    """

    event_id: str
    event_type: str
    occurred_at: AwareDatetime
    account: str
    incident_id: str
    agent: Reference | None = None
    """Who caused it; ``None`` is automation."""
    snapshot: Snapshot | None = None
    note: Word | None = None
    status_update: Word | None = None
    responder: Responder | None = None
    bridge: Bridge | None = None
    fields: tuple[Field, ...] | None = None
    roles: tuple[Role, ...] = ()
    task: Task | None = None
    run: Run | None = None

    @property
    def stamp(self) -> Stamp:
        """Where this event stands among all events of its incident."""
        return Stamp(at=self.occurred_at, event_id=self.event_id)


class Details(Value):
    """What PagerDuty's REST API said of an incident; times in whole seconds, as REST has them."""

    snapshot: Snapshot
    status_changed_at: AwareDatetime
    status_changed_by: Reference | None = None
    acknowledgements: tuple[Acknowledgement, ...] = ()
    responders: tuple[Responder, ...] = ()
    fields: tuple[Field, ...] = ()
    read_for: Stamp
    """The newest event that this answer is known to include."""
    reread: bool = False
    """Read a second time, because the first contradicted an event of the same second."""


class Conversation(Value):
    """A Teams channel or chat as the Bot Connector knows it."""

    tenant: str
    id: str
    service_url: str
    label: str
    """For operators: ``Payments/#ops``."""


class Clicker(Value):
    """The person who pressed, from the verified activity; ``link`` is the row of their PagerDuty link."""

    aad_object_id: str
    teams_id: str
    name: str
    link: int | None = None


class Click(Value):
    """One press of a button. ``key`` tells it from every other press, whatever ids Teams gives it."""

    key: str
    verb: VerbName
    person: Clicker
    message: str
    """The pressed message's activity id."""
    received_at: AwareDatetime
    correlation: str


OutcomeKind = Literal["done", "already", "stale", "unlinked", "refused", "failed", "late"]


class Outcome(Value):
    """How a click ended; recorded once per click key.

    ``done`` changed PagerDuty; ``already`` found it so; ``stale`` would have undone something;
    ``unlinked`` and ``refused`` may not; ``failed`` could not; ``late`` came too late to be wanted.
    """

    kind: OutcomeKind
    text: str
    """A sentence for the person who pressed."""


class RecordedOutcome(Value):
    """An outcome with the click that it belongs to."""

    key: str
    outcome: Outcome


class ClickAnswer(Value):
    """What the API draws for the person who pressed: the outcome and the card as it is now."""

    outcome: Outcome
    view: View | None
    stamped: Stamped


class CardKey(Value):
    """The row of one card: an incident in a conversation."""

    account: str
    incident_id: str
    conversation: str


class ShowCard(Value):
    """Show this view: edit ``activity_id``, or post when there is none yet."""

    card: CardKey
    service_url: str
    tenant: str
    activity_id: str | None
    view: View
    stamped: Stamped
    content: str
    """Fingerprint of what the view shows; equal fingerprints look the same."""
    correlation: str


class Shown(Value):
    """The card is there. ``orphans`` counts messages whose answers were lost, over the card's life."""

    activity_id: str
    orphans: int
    recorded: bool = True
    """``False``: the message is there and its row could not say so; showing it again mends that."""


class Reply(Value):
    """Say a highlight in the card's thread, at most once."""

    card: CardKey
    service_url: str
    tenant: str
    activity_id: str
    transition: Transition
    at: AwareDatetime
    """The second in which the transition happened: with it, the highlight's identity."""
    view: View
    by: str | None
    correlation: str


class Replied(Value):
    """Whether this call said it (``False``: it was said, or may have been said, before)."""

    said: bool


class TellPerson(Value):
    """Tell one person, privately, how their click ended."""

    service_url: str
    tenant: str
    click: Click
    outcome: Outcome
    view: View | None


class ChangeStatus(Value):
    """Tell PagerDuty the verb's target status as the person behind ``click``."""

    card: CardKey
    click: Click


class StatusChanged(Value):
    """How it ended, with PagerDuty's incident where its answer held one."""

    outcome: Outcome
    details: Details | None = None


class RecordClick(Value):
    """Record the outcome of a click that needed no call to PagerDuty."""

    card: CardKey
    click: Click
    outcome: Outcome


class ReadDetails(Value):
    """Read what webhooks do not carry; an earlier answer that includes ``wanted`` serves as well."""

    account: str
    incident_id: str
    wanted: Stamp
    fresh: bool = False
    """True: ask PagerDuty whatever is stored."""
    correlation: str


class Remembered(Value):
    """What the row of a card holds for the run that follows an ended one."""

    activity_id: str | None = None
    marker: str | None = None
    """``None`` when nothing was ever sent."""
    revision: int = 0
    nonce: str | None = None
    content: str | None = None
    view: View | None = None
    unknown: bool = False
    """A post was attempted and its outcome never recorded."""
    orphans: int = 0
    notified: tuple[str, ...] = ()
    clicks: tuple[RecordedOutcome, ...] = ()
