"""The activities that ``IncidentRoom`` calls: a row each, with what goes in and out."""

from typing import Literal

from pydantic import AwareDatetime

from workflows import options
from workflows.contract import Activity, Done
from workflows.incident.events import Details
from workflows.incident_room.messages import RoomKey
from workflows.incident_room.state import Asker, NotMade, Plan
from workflows.meeting import StoredMeeting
from workflows.members import MembersChange, NamedPerson
from workflows.presets import IN_ROOMS, Preset
from workflows.room import Absent, Room
from workflows.values import Value
from workflows.verbs.click import Click
from workflows.verbs.outcomes import Outcome, RecordedOutcome
from workflows.wanted import WantedPerson


class InRoom(Value):
    """The room in a tenant, and on whose account operators find the call."""

    room: RoomKey
    tenant: str
    correlation: str = ""


class Admit(InRoom):
    """Somebody asks for the chat: find out as them whether they may."""

    click: Click


class Admitted(Value):
    """Whoever asked may, and the owner is among the people; or why not."""

    refused: Outcome | None = None
    asker: Asker | None = None
    tenant_name: str = ""
    details: Details | None = None


class OpenRoom(InRoom):
    """A program asks for a chat or a meeting: find out whether there is such an incident, and whose it is."""

    by: str
    by_email: str = ""
    owner: str | None
    what: Literal["chat", "meeting"] = "chat"
    name: str | None = None
    """What it is to be called; ``None``: as the incident is."""


class IdentifyPeople(InRoom):
    """Find out who these are in the tenant."""

    wanted: tuple[WantedPerson, ...]


class PeopleFound(Value):
    """Of everybody who was ever wanted: how many can be in the chat, and who cannot, the first twenty."""

    found: int
    absent: tuple[Absent, ...] = ()
    absent_count: int = 0
    lacks: tuple[str, ...] = ()
    """Permissions without which some of them were not looked for."""
    searched: bool = True
    """``False`` in older histories, whose ``lacks`` is of those who were looked for then: of nobody."""


class CreateChat(InRoom):
    """Make the chat, once: the row holds the intent."""

    number: int | None
    title: str
    plan: Plan = Plan()
    owners: tuple[str, ...] = ()
    """PagerDuty's ids, the most wanted first; where none of them is here, another one owns it."""


class ChatMade(Value):
    """The chat is there; or why it was not made."""

    id: str = ""
    url: str = ""
    topic: str
    refusal: NotMade | None = None


class FindChat(InRoom):
    """Look for the chat that the row's intent may have made; ``last``: nobody looks again after this."""

    last: bool


class ChatFound(Value):
    """What was found: the oldest of that topic since that time."""

    id: str = ""
    url: str = ""
    topic: str = ""
    others: int = 0
    can_search: bool = True
    """``False``: the permission to look is not granted."""
    not_made: bool = False
    """It is certain by now that it was not made."""


class OfChat(InRoom):
    """Something about the chat that was made."""

    chat: str


class AddPeople(OfChat):
    """Bring in whoever was found and is not there."""

    back: tuple[str, ...] = ()
    """PagerDuty's ids of those who were taken out or left, and are wanted again."""


class PeopleBrought(Value):
    """Who is in the chat after a read back, and whether more are to be added."""

    present: int
    more: bool
    absent: tuple[Absent, ...] = ()
    absent_count: int = 0


class RemovePeople(OfChat):
    """Take these PagerDuty users out of the chat, or everybody whom Muster brought in."""

    users: tuple[str, ...]
    everybody: bool


class PeopleRemoved(Value):
    """How many are in the chat still, of those whom Muster wants there."""

    present: int


class Installed(Value):
    """The bot is in the chat; ``app_unknown``: nobody has told Muster its app's id in the catalog."""

    app_unknown: bool = False


class ShowInChat(OfChat):
    """Have the incident's card shown in the chat."""

    topic: str
    number: int | None
    preset: Preset = IN_ROOMS
    """How much is said beside the card."""


OVER = "✓ "
"""Before the topic of an incident that is resolved."""


class NoteChat(OfChat):
    """Write the chat's address among the incident's notes, unless it is there."""

    url: str


class Announce(InRoom):
    """Tell every card of the incident how its room stands."""

    told: Room


class RenameChat(OfChat):
    """Give the chat its own name, else that of the incident as it is; ``is_over``: with the mark."""

    number: int | None
    title: str
    name: str = ""
    is_over: bool


class Renamed(Value):
    """What the chat is called now."""

    topic: str


ARCHIVED = "🗄 "
"""Before the topic of a chat that is archived, in the place of every other mark."""


class SetTopicOf(OfChat):
    """Give the chat a name of its own; ``is_over``: with the mark."""

    name: str
    is_over: bool


class TopicSet(Value):
    """What the chat is called now; nothing, where nothing that people can read is left of the name."""

    name: str = ""
    topic: str = ""
    """With the mark."""


class MarkArchived(OfChat):
    """Put the mark of what is archived before the chat's topic."""

    topic: str


class ChangeMembersOf(OfChat):
    """Bring these people in, or take them out."""

    people: tuple[NamedPerson, ...]


class MembersChanged(Value):
    """Who was brought in or taken out; who is in the chat after a read back."""

    change: MembersChange
    keys: tuple[str, ...] = ()
    """Ids of those who were changed, as their rows have them."""
    present: int


class SumUp(OfChat):
    """Say once, in the chat, how the incident went."""

    resolved_at: AwareDatetime
    resolved_by: str
    opened_at: AwareDatetime | None
    number: int | None
    title: str
    incident_url: str
    notes: int
    people: int


class StoredRoom(Value):
    """What the row of a room holds."""

    exists: bool = False
    tenant: str = ""
    tenant_name: str = ""
    stage: Literal["none", "making", "unknown", "made", "gone", "archived"] = "none"
    """``making``: it was begun and its outcome never recorded."""
    topic: str = ""
    name: str = ""
    """What the chat is called, where it is not called as the incident is."""
    preset: Preset = IN_ROOMS
    began_at: AwareDatetime | None = None
    id: str = ""
    url: str = ""
    shown_topic: str = ""
    others: int = 0
    installed: bool = False
    bot_removed: bool = False
    shown: bool = False
    noted: bool = False
    told: Room | None = None
    summed_up: AwareDatetime | None = None
    askers: tuple[Asker, ...] = ()
    searched_for: tuple[str, ...] = ()
    taken_out: tuple[str, ...] = ()
    asked_for: tuple[str, ...] = ()
    left: bool = False
    present: int = 0
    clicks: tuple[RecordedOutcome, ...] = ()
    """Those that came to a chat or a meeting, or to a chat that nobody knows of: the same click asks for no
    other one."""
    meeting: StoredMeeting = StoredMeeting()


ADMIT = Activity("pagerduty.admit_to_room", Admit, Admitted, options.PAGERDUTY_INTERACTIVE)
OPEN_ROOM = Activity("pagerduty.open_room", OpenRoom, Admitted, options.PAGERDUTY_INTERACTIVE)
RESTORE_ROOM = Activity("store.recall_room", RoomKey, StoredRoom, options.STORE)
BEGIN_ANEW = Activity("store.begin_anew", RoomKey, Done, options.STORE)
IDENTIFY_PEOPLE = Activity("graph.identify_people", IdentifyPeople, PeopleFound, options.GRAPH_PEOPLE)
CREATE_CHAT = Activity("graph.create_chat", CreateChat, ChatMade, options.GRAPH_WRITE)
FIND_CHAT = Activity("graph.find_chat", FindChat, ChatFound, options.GRAPH_WRITE)
ADD_PEOPLE = Activity("graph.add_people", AddPeople, PeopleBrought, options.GRAPH_PEOPLE)
REMOVE_PEOPLE = Activity("graph.remove_people", RemovePeople, PeopleRemoved, options.GRAPH_PEOPLE)
INSTALL_APP = Activity("graph.install_app", OfChat, Installed, options.GRAPH_WRITE)
SHOW_IN_CHAT = Activity("workflow.show_in_chat", ShowInChat, Done, options.SIGNAL_ONE)
NOTE_CHAT = Activity("pagerduty.note_chat", NoteChat, Done, options.PAGERDUTY_READ)
ANNOUNCE = Activity("workflow.announce_room", Announce, Done, options.SIGNAL_MANY)
RENAME_CHAT = Activity("graph.rename_chat", RenameChat, Renamed, options.GRAPH_WRITE)
DELETE_CHAT = Activity("graph.delete_chat", OfChat, Done, options.GRAPH_WRITE)
SET_TOPIC = Activity("graph.set_topic", SetTopicOf, TopicSet, options.GRAPH_WRITE)
MARK_ARCHIVED = Activity("graph.mark_archived", MarkArchived, Renamed, options.GRAPH_WRITE)
ADD_MEMBERS = Activity("graph.add_members", ChangeMembersOf, MembersChanged, options.GRAPH_PEOPLE)
REMOVE_MEMBERS = Activity("graph.remove_members", ChangeMembersOf, MembersChanged, options.GRAPH_PEOPLE)
END_CARD = Activity("workflow.end_card", OfChat, Done, options.SIGNAL_ONE)
ARCHIVE_ROOM = Activity("store.archive_room", OfChat, Done, options.STORE)
SUM_UP = Activity("teams.sum_up", SumUp, Done, options.TEAMS_SHOW)
