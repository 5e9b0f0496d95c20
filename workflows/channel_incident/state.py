"""What one run of ``ChannelIncident`` knows, as one frozen value."""

from collections.abc import Callable
from typing import Self

from pydantic import AwareDatetime

from workflows.degradations import Degradable
from workflows.following import Following, stopped_of
from workflows.incident.event_types import News
from workflows.incident.news import Announcement
from workflows.incident.stamps import MOST_ENTRIES, Stamp
from workflows.incident.state import IncidentState
from workflows.presets import ChosenPreset
from workflows.room import Room
from workflows.values import Value
from workflows.verbs.click import Click
from workflows.verbs.outcomes import Outcome, RecordedOutcome

_SUPERSEDE_ALL: frozenset[News] = frozenset({"resolved", "reopened"})
_MOST_WAITING, _MOST_OWN = 20, 10

LONGEST_TIMELINE = 25
"""Entries kept for operators; the whole life is in the history anyway."""


class AnswerOnScreen(Value):
    """Somebody reads why their click was not done."""

    since: AwareDatetime
    """When the first of several such answers was given."""
    until: AwareDatetime
    heard: Stamp | None
    """The newest event that had told of the whole incident when the answer was given."""


class CardState(Value):
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
    """The message may not show what is wanted, or nobody has seen the latest nonce: send it once more."""
    late_edit_until: AwareDatetime | None = None
    """A lost edit may still land until then; afterwards the latest is sent again."""
    orphans: int = 0
    """Messages whose answers were lost, over the card's life."""
    answer: AnswerOnScreen | None = None
    """An edit would wipe it away."""

    @property
    def is_due(self) -> bool:
        """Whether the message does not show what is wanted, or may not."""
        return self.activity_id is None or self.content != self.shown_content or self.resend


class OwnChange(Value):
    """What a click on this card brought about: whoever clicked knows it, and the card shows it."""

    news: News
    since: AwareDatetime
    until: AwareDatetime
    """Between these seconds it happened, by PagerDuty's clock."""

    def is_told_by(self, announcement: Announcement) -> bool:
        """Whether this is the same change."""
        return announcement.news == self.news and self.since <= announcement.second <= self.until


class Announcements(Value):
    """What waits to be said beside the card, and what was."""

    waiting: tuple[Announcement, ...] = ()
    said: tuple[str, ...] = ()
    """Keys of those that were said or may have been."""
    own: tuple[OwnChange, ...] = ()
    """What is not to be said in this conversation."""

    def with_waiting(self, announcement: Announcement) -> "Announcements":
        """Something is news. What was said is not said again, nor what a click here has done.

        Old news is dropped: a resolve or a reopening makes other changes and answers that still wait
        pointless, and a later one of a kind the earlier. What people wrote stays.
        """
        if announcement.key in self.said or any(known.key == announcement.key for known in self.waiting):
            return self
        kept = self.keeping(lambda known: not _supersedes(announcement, known))
        if any(change.is_told_by(announcement) for change in self.own):
            return kept
        return kept.model_copy(update={"waiting": (*kept.waiting, announcement)[-_MOST_WAITING:]})

    def with_said(self, announcement: Announcement) -> "Announcements":
        """It was said, may have been said, or is too old to be said."""
        said = (*self.said, announcement.key)[-MOST_ENTRIES:]
        return self.keeping(lambda known: known.key != announcement.key).model_copy(update={"said": said})

    def with_own(self, change: OwnChange) -> "Announcements":
        """A click on this card did it: it is not said, whether its event came already or comes yet."""
        own = (*self.own, change)[-_MOST_OWN:]
        return self.keeping(lambda known: not change.is_told_by(known)).model_copy(update={"own": own})

    def keeping(self, wanted: Callable[[Announcement], bool]) -> "Announcements":
        """Of what waits only what is wanted."""
        return self.model_copy(update={"waiting": tuple(known for known in self.waiting if wanted(known))})


def _supersedes(newer: Announcement, older: Announcement) -> bool:
    if older.comment is not None:
        return False
    if newer.news in _SUPERSEDE_ALL:
        return True
    return newer.comment is None and (newer.news, newer.about) == (older.news, older.about)


class PrivateMessage(Value):
    """How a click ended, to be told to its person alone."""

    click: Click
    outcome: Outcome


class PrivateMessages(Value):
    """What waits to be told to one person alone, and what was."""

    waiting: tuple[PrivateMessage, ...] = ()
    sent: tuple[str, ...] = ()
    """Keys of the clicks whose person was told, or may have been."""

    def with_waiting(self, message: PrivateMessage) -> "PrivateMessages":
        """Somebody is to be told; once for each click."""
        key = message.click.key
        if key in self.sent or any(key == other.click.key for other in self.waiting):
            return self
        return self.model_copy(update={"waiting": (*self.waiting, message)})

    def with_sent(self, message: PrivateMessage) -> "PrivateMessages":
        """The person was told, or is not to be told any more."""
        key = message.click.key
        waiting = tuple(other for other in self.waiting if other.click.key != key)
        return PrivateMessages(waiting=waiting, sent=(*self.sent, key)[-MOST_ENTRIES:])


class Orphan(Value):
    """A message that is not the card."""

    message: str
    """Its activity id, as the click on it told."""
    marker: str
    """Which the card's row knows for an orphan's."""


class TimelineEntry(Value):
    """One thing that happened, as an operator reads it."""

    at: AwareDatetime
    what: str
    who: str = ""


class State(Degradable):
    """Everything a run knows; also what the next run of the chain starts with."""

    incident: IncidentState = IncidentState()
    card: CardState
    cause: str = ""
    """Correlation id of what last changed the card."""
    preset: ChosenPreset = ChosenPreset()
    """How much is said beside the card."""
    following: Following | None = None
    """Who follows the incident here, and who stopped it; ``None``: nobody could stop it."""
    asked_for: bool = False
    """Somebody wants to see the incident here, although it may be over."""
    subscribed: bool = True
    """As far as this run is to care: PagerDuty sends the events of the account."""
    announcements: Announcements = Announcements()
    private_messages: PrivateMessages = PrivateMessages()
    orphans: tuple[Orphan, ...] = ()
    """Those that somebody pressed, to be deleted."""
    clicks: tuple[RecordedOutcome, ...] = ()
    timeline: tuple[TimelineEntry, ...] = ()
    """What happened last, for operators."""
    detached: bool = False
    offers_chat: bool = False
    offers_meeting: bool = False
    """The card has the button **Create Chat** while the incident has no chat of its own."""
    room: Room | None = None
    """That chat, as the cards were told."""

    @property
    def is_stopped(self) -> bool:
        """Somebody stopped it here: the last state is shown, and nothing more."""
        return stopped_of(self.following) is not None

    @property
    def lacks_last_state(self) -> bool:
        """Somebody stopped it here, its message does not say so, and what it is to say is not known."""
        no_words = self.incident.snapshot is None
        return self.is_stopped and no_words and self.card.activity_id is not None and self.card.is_due

    @property
    def is_in_sync(self) -> bool:
        """Whether everything that is wanted in the conversation is there, as far as anybody knows."""
        return self.detached or not (self.card.is_due or self.announcements.waiting)

    def revised(self, content: str, *, nonce: str, cause: str | None) -> Self:
        """Other content is wanted: the next revision, with a nonce of its own."""
        card = self.card.model_copy(
            update={"content": content, "revision": self.card.revision + 1, "nonce": nonce}
        )
        return self.replace(card=card, cause=self.cause if cause is None else cause)

    def with_outcome(self, recorded: RecordedOutcome) -> Self:
        """A click came to its outcome; the first outcome of a key stands."""
        if any(known.key == recorded.key for known in self.clicks):
            return self
        return self.replace(clicks=(*self.clicks, recorded)[-MOST_ENTRIES:])

    def with_entry(self, entry: TimelineEntry) -> Self:
        """Something happened that operators are told."""
        return self.replace(timeline=(*self.timeline, entry)[-LONGEST_TIMELINE:])
