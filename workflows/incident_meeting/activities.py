"""The activities about the meeting that ``IncidentRoom`` calls: a row each, with what goes in and out."""

from typing import Literal

from workflows import options
from workflows.contract import Activity, Done
from workflows.incident_room.activities import InRoom
from workflows.incident_room.state import NotMade, Plan
from workflows.meeting import Hindrance, Way
from workflows.values import Value


class ChooseOrganiser(InRoom):
    """Find the first candidate who may organise the meeting, and commit what is to be made in their name."""

    candidates: tuple[str, ...]
    """PagerDuty's ids, the most wanted first; whoever the account's configuration names comes after them."""
    tried: tuple[str, ...]
    """Keys of those who are out of the question."""
    without_calendar: tuple[str, ...] = ()
    """Keys of those in whose calendars entries have no meetings: none is made there again."""
    number: int | None
    title: str
    incident_url: str
    chat_url: str
    plan: Plan = Plan()


class Chosen(Value):
    """Who organises the meeting; or that nobody is left; or why none is to be made."""

    refusal: NotMade | None = None

    key: str = ""
    """Tells them from the other candidates; empty: nobody is left."""
    name: str = ""
    attempt: int = 0
    way: Way = "calendar"
    """The first that was not refused."""
    passed_over: tuple[Hindrance, ...] = ()
    """Candidates before them, who cannot; and that entries in their own calendar have no meetings."""
    tried: tuple[str, ...] = ()
    """Keys of the candidates before them."""


class CreateMeeting(InRoom):
    """Make what was committed, in this way; what was made is not made again."""

    attempt: int
    way: Way


class MeetingMade(Value):
    """The meeting is there; or it certainly was not made in this way."""

    hindrance: Hindrance | None = None
    url: str = ""
    number: str = ""
    has_entry: bool = False
    invited: tuple[str, ...] = ()
    """The first names."""
    invited_count: int = 0
    left_out: int = 0
    """For whom the entry has no place."""


class OfMeeting(InRoom):
    """Something about the meeting that was made."""

    attempt: int


class FindOrganiser(OfMeeting):
    """Find the account of whoever organises the meeting; ``NotFound``: it was deleted."""


class UpdateEntry(OfMeeting):
    """Have the entry name everybody who is wanted, and say whether the incident is over."""

    is_over: bool


class EntryUpdated(Value):
    """Whom the entry names; it may have been deleted from the calendar."""

    exists: bool = True
    invited: tuple[str, ...] = ()
    invited_count: int = 0
    left_out: int = 0


class WriteLink(OfMeeting):
    """Write into PagerDuty where the meeting is."""

    pressed_by: str = ""
    """PagerDuty's id of whoever pressed for it, as whom it is written first; empty: nobody did."""
    by_program: bool = False
    """A program asked for it: it is written as the app, before anybody who pressed for something else."""


class SetBridge(WriteLink):
    """Give the incident's bridge the meeting's address, unless it has one."""

    url: str
    number: str
    replaces: str
    """Address of a meeting of ours that nobody organises any more."""


class BridgeSet(Value):
    """Whose address the bridge has now."""

    standing: Literal["ours", "theirs"]


class NoteMeeting(WriteLink):
    """Write the meeting's address among the incident's notes, unless it is there."""

    url: str
    number: str
    standing: Literal["ours", "theirs", "refused"]
    """Of the incident's bridge."""


CHOOSE_ORGANISER = Activity("graph.choose_organiser", ChooseOrganiser, Chosen, options.GRAPH_READ)
CREATE_MEETING = Activity("graph.create_meeting", CreateMeeting, MeetingMade, options.GRAPH_PEOPLE)
FIND_ORGANISER = Activity("graph.find_organiser", FindOrganiser, Done, options.GRAPH_READ)
UPDATE_ENTRY = Activity("graph.update_entry", UpdateEntry, EntryUpdated, options.GRAPH_WRITE)
SET_BRIDGE = Activity("pagerduty.set_bridge", SetBridge, BridgeSet, options.PAGERDUTY_READ)
NOTE_MEETING = Activity("pagerduty.add_link_note", NoteMeeting, Done, options.PAGERDUTY_READ)
