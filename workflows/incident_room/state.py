"""What one run of ``IncidentRoom`` knows, as one frozen value."""

from typing import Literal, Self

from pydantic import AwareDatetime

from workflows.degradations import Degradable
from workflows.incident.stamps import MOST_ENTRIES
from workflows.incident.state import IncidentState
from workflows.meeting import Hindrance, Way
from workflows.members import MembersChange, NamedPerson
from workflows.presets import IN_ROOMS, Preset
from workflows.room import Absent, Lack, Room
from workflows.values import Value
from workflows.verbs.click import Click
from workflows.verbs.outcomes import Outcome, RecordedOutcome
from workflows.wanted import WantedPerson

LONGEST_TIMELINE = 25
PRESENCE = "presence"
"""By this name a degradation says that the bot was removed from the chat."""

ORDER = "order"
"""By this name a degradation says why a program's order cannot be done: that program alone is told."""

Stage = Literal["none", "wanted", "in_doubt", "unknown", "made", "gone", "archived"]
"""``wanted``: it is to be made. ``in_doubt``: the answer to its making was lost, and it is looked for.
``unknown``: it was not found, and may be there all the same. ``archived``: it is there, and nothing is done
in it any more."""


MeetingStage = Literal["none", "wanted", "made", "gone"]
"""``wanted``: it is to be made, or nobody knows whether it was: asked again, Microsoft answers with the one
there is. ``gone``: the account of whoever organised it was deleted."""
BridgeStanding = Literal["unread", "ours", "theirs"]
"""Whose address the incident's bridge has, as far as it was read since the meeting is there."""


class Asker(Value):
    """Somebody who asked for the chat or the meeting, and is to be in it."""

    pagerduty_user: str
    name: str


class Plan(Value):
    """What whoever asks for a chat or a meeting wants of it."""

    owner: str = ""
    """PagerDuty's id of who is to own it, and nobody else; empty: whoever asks, or is found."""
    name: str = ""
    """What it is to be called; empty: as the incident is."""
    preset: Preset = IN_ROOMS
    """How much is said beside the card in the chat."""
    asked_by: str = ""
    """PagerDuty's id of whoever asks for the chat; empty: a program does, for nobody in particular."""
    program: str = ""
    """PagerDuty's id of the user in whose name a program asks."""


NotMade = Literal["nobody_to_talk_to", "owner_absent"]
"""Why a chat or a meeting is not made, although somebody asked: there is nobody else to talk to; who is to
own it has no account in the organization."""


class Chat(Value):
    """The chat, as far as anybody knows."""

    stage: Stage = "none"
    topic: str = ""
    in_doubt_since: AwareDatetime | None = None
    unknown_since: AwareDatetime | None = None
    """From when the cards could say so: who pressed before knows of no chat that may be there."""
    refusal: NotMade | None = None
    id: str = ""
    url: str = ""
    shown_topic: str = ""
    others: int = 0
    """Chats of the same topic beside it, of which one was made although its answer was lost."""


class Meeting(Value):
    """The meeting, as far as anybody knows."""

    stage: MeetingStage = "none"
    asked_by: str = ""
    """PagerDuty's id of whoever is to organise it before everybody else."""
    program: str = ""
    """PagerDuty's id of the user in whose name a program asked for it; empty: somebody pressed."""
    plan: Plan = Plan()
    refusal: NotMade | None = None
    organiser: str = ""
    """Name of whoever does, until Microsoft has certainly refused it; empty: nobody was chosen."""
    key: str = ""
    """Tells them from the other candidates."""
    attempt: int = 0
    way: Way = "calendar"
    hindrances: tuple[Hindrance, ...] = ()
    """Why it is not made in other ways, or by others."""
    tried: tuple[str, ...] = ()
    """Keys of the candidates who cannot organise it."""
    without_calendar: tuple[str, ...] = ()
    """Keys of those whose entries come without a meeting. Everybody is mailed each, and its deletion."""
    refused: bool = False
    """There is nobody left who could."""
    policy_since: AwareDatetime | None = None
    """Since when an access policy is waited for."""
    url: str = ""
    number: str = ""
    """To dial in; empty where the organiser's licence has none."""
    bridge: BridgeStanding = "unread"
    noted: bool = False
    """The incident has a note with the meeting's address."""
    has_entry: bool = False
    """It stands in the organiser's calendar."""
    invited: tuple[str, ...] = ()
    invited_count: int = 0
    left_out: int = 0
    invited_for: int = 0
    """How many people had been looked for when those who were found were invited."""
    invited_of: int = -1
    """How many of them had been found; -1: nobody has counted."""
    marked: bool = False
    """Its entry says that the incident is over."""
    replaces: str = ""
    """Address of one whose organiser is gone."""


class People(Value):
    """How many there are; who they are stands in rows."""

    searched: bool = False
    """They were looked for, if there was anybody."""
    searched_for: tuple[str, ...] = ()
    """PagerDuty's ids of everybody who was looked for."""
    brought: int = -1
    """How many had been looked for when everybody who was found was brought in."""
    rereads: int = 0
    """How often something said that the members have to be read anew."""
    left: bool = False
    """Everybody was taken out, a while after the resolve."""
    taken_out: tuple[str, ...] = ()
    """PagerDuty's ids of those who declined and were taken out."""
    asked_again: tuple[str, ...] = ()
    """PagerDuty's ids of those who asked for the chat that is there: who of them has left is brought back."""
    asked_for: tuple[str, ...] = ()
    """Ids of those whom a program has brought in, as their rows have them: nothing else takes them out."""
    waiting: tuple[WantedPerson, ...] = ()
    """Those whom events have named, and who were not looked for."""
    found: int = 0
    present: int = 0
    absent: tuple[Absent, ...] = ()
    absent_count: int = 0
    lacks: tuple[str, ...] = ()
    """Permissions without which some were not looked for."""


OrderKind = Literal["delete_chat", "archive_chat", "set_topic", "add_members", "remove_members"]
OrderStep = Literal["card", "names", "leaving"]


class Order(Value):
    """What a program wants done with the chat, while it is done."""

    key: str
    """Of the request."""
    kind: OrderKind
    topic: str = ""
    people: tuple[NamedPerson, ...] = ()
    people_leave: bool = False
    steps: tuple[OrderStep, ...] = ()
    """Those that are behind it."""
    lacks: tuple[Lack, ...] = ()
    """Steps that were left out."""
    members: MembersChange = MembersChange()
    outcome: Outcome | None = None
    """``None``: it goes on."""


class EndedOrder(Value):
    """What an order came to beside its outcome, for whoever asks again."""

    key: str
    members: MembersChange
    lacks: tuple[Lack, ...]


class Told(Value):
    """An answer that a person hears privately: the API could not wait for it."""

    click: Click
    conversation: str
    tenant: str = ""
    """Of the conversation; empty: that of the run's start."""
    outcome: Outcome


class Refused(Value):
    """A click that was refused: its button is drawn anew for nobody, and may be pressed again."""

    key: str
    outcome: Outcome
    at: AwareDatetime


class TimelineEntry(Value):
    """One thing that happened, as an operator reads it."""

    at: AwareDatetime
    what: str
    who: str = ""


class State(Degradable):
    """Everything a run knows; also what the next run of the chain starts with."""

    tenant: str = ""
    """Microsoft's tenant of the chat, as its row has it; empty: that of the run's start."""
    tenant_name: str = ""
    incident: IncidentState = IncidentState()
    askers: tuple[Asker, ...] = ()
    chat: Chat = Chat()
    plan: Plan = Plan()
    """Of the chat: what whoever asked for it first wants of it."""
    meeting: Meeting = Meeting()
    people: People = People()
    order: Order | None = None
    ended_orders: tuple[EndedOrder, ...] = ()
    installed: bool = False
    """The bot is in the chat."""
    app_unknown: bool = False
    shown: bool = False
    """The card's run was told to show it there."""
    noted: bool = False
    """The incident has a note with the chat's address."""
    told: Room | None = None
    """What the cards know."""
    tellings: int = 0
    """The number that a telling bore last, whether all of them heard it or not."""
    over_at: AwareDatetime | None = None
    """When the incident was resolved, as PagerDuty tells it."""
    over_since: AwareDatetime | None = None
    """When this run knew so, where PagerDuty's clock is ahead of ours; else the same."""
    summed_up: AwareDatetime | None = None
    """The second of the resolve that was summed up last."""
    clicks: tuple[RecordedOutcome, ...] = ()
    refused: tuple[Refused, ...] = ()
    private: tuple[Told, ...] = ()
    """What waits to be told to one person alone."""
    informed: tuple[str, ...] = ()
    """Keys of the clicks whose person was told, or may have been."""
    timeline: tuple[TimelineEntry, ...] = ()
    cause: str = ""
    """Correlation id of what was folded last."""

    @property
    def bot_removed(self) -> bool:
        """Somebody has removed the bot from the chat."""
        return any(one.name == PRESENCE for one in self.degradations)

    @property
    def is_being_archived(self) -> bool:
        """A program archives the chat: its mark stands, and nothing more is said in it."""
        return self.order is not None and self.order.kind == "archive_chat"

    @property
    def is_being_emptied(self) -> bool:
        """A program archives the chat, and everybody is to leave it."""
        return self.order is not None and self.order.people_leave

    @property
    def wants_people(self) -> bool:
        """There is something that they are to be in, or there is to be."""
        return self.chat.stage in ("wanted", "made") or self.meeting.stage in ("wanted", "made")

    @property
    def has_nothing(self) -> bool:
        """Neither a chat nor a meeting, and none is on its way."""
        return self.chat.stage in ("none", "gone", "archived") and self.meeting.stage in ("none", "gone")

    def candidates(self, *, asked_by: str, program: str) -> tuple[str, ...]:
        """Whose a chat or a meeting may be, the most wanted first, by PagerDuty's ids.

        Whoever asked, or whom a program names; then the first assignee. A program that names nobody: any
        assignee, and last the user whom it asks for, who is known where no assignee is.
        """
        snapshot = self.incident.snapshot
        assignees = [one.id for one in snapshot.assignees[: 1 if asked_by else None]] if snapshot else []
        return tuple(dict.fromkeys(one for one in (asked_by, *assignees, program) if one))

    def with_chat(self, **changes: object) -> Self:
        """The same but for these fields of the chat."""
        return self.replace(chat=self.chat.model_copy(update=changes))

    def with_meeting(self, **changes: object) -> Self:
        """The same but for these fields of the meeting."""
        return self.replace(meeting=self.meeting.model_copy(update=changes))

    def with_order(self, order: Order) -> Self:
        """How the order stands, unless it is not waited for any more."""
        if self.order is None or self.order.key != order.key:
            return self
        return self.replace(order=order)

    def with_people(self, **changes: object) -> Self:
        """The same but for these counts."""
        return self.replace(people=self.people.model_copy(update=changes))

    def with_asker(self, asker: Asker) -> Self:
        """Somebody asked; once."""
        if any(known.pagerduty_user == asker.pagerduty_user for known in self.askers):
            return self
        return self.replace(askers=(*self.askers, asker)[-MOST_ENTRIES:])

    def with_refused(self, refused: Refused) -> Self:
        """A click was refused, for now."""
        others = tuple(known for known in self.refused if known.key != refused.key)
        return self.replace(refused=(*others, refused)[-MOST_ENTRIES:])

    def with_outcome(self, recorded: RecordedOutcome) -> Self:
        """A click came to its outcome; the first outcome of a key stands."""
        if any(known.key == recorded.key for known in self.clicks):
            return self
        return self.replace(clicks=(*self.clicks, recorded)[-MOST_ENTRIES:])

    def with_private(self, told: Told) -> Self:
        """Somebody is to be told; once for each click."""
        key = told.click.key
        if key in self.informed or any(key == other.click.key for other in self.private):
            return self
        return self.replace(private=(*self.private, told))

    def with_informed(self, told: Told) -> Self:
        """The person was told, or is not to be told any more."""
        key = told.click.key
        waiting = tuple(other for other in self.private if other.click.key != key)
        return self.replace(private=waiting, informed=(*self.informed, key)[-MOST_ENTRIES:])

    def with_entry(self, entry: TimelineEntry) -> Self:
        """Something happened that operators are told."""
        return self.replace(timeline=(*self.timeline, entry)[-LONGEST_TIMELINE:])
