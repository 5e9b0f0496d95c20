"""Calendars, meetings, the incident's bridge and the row about them: fakes at the contract's rows."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Literal

from temporalio import activity

from tests.support.life import CY, Life
from tests.workflows.incident_room.calls import Calls
from workflows.contract import Done
from workflows.errors import NotFound
from workflows.incident.values import Bridge
from workflows.incident_meeting import activities as rows
from workflows.incident_meeting.activities import (
    BridgeSet,
    ChooseOrganiser,
    Chosen,
    CreateMeeting,
    EntryUpdated,
    FindOrganiser,
    MeetingMade,
    NoteMeeting,
    SetBridge,
    UpdateEntry,
)
from workflows.meeting import Hindrance, StoredMeeting, Way, WhyNot
from workflows.room import Absence

NAMES = {"PUSER01": "Ada Ops", "PUSER02": "Bo Call", CY.id: CY.name, "configured": "Mia Tenant"}
CONFIGURED = "configured"


class Meeting:
    """A meeting as Microsoft has it."""

    def __init__(self, number: int, organiser: str, way: Way, invited: list[str]) -> None:
        self.url = f"https://teams.example/meet/{number}"
        self.organiser = organiser
        self.way = way
        self.invited = invited
        self.is_marked = False


class FakeMeetings(Calls, ABC):
    """By default whoever asks has a calendar that takes meetings, and the incident's bridge is empty."""

    life: Life
    absent: dict[str, Absence]

    def __init__(self) -> None:
        super().__init__()
        self.meetings: list[Meeting] = []
        self.passed_over: dict[str, WhyNot] = {}
        """Candidates who are out of the question before anybody is asked, by key."""
        self.hindered: dict[tuple[Way, str], Hindrance] = {}
        """What Microsoft answers, by way and candidate."""
        self.has_configured = False
        """The account's configuration names somebody."""
        self.bridge: Bridge | None = None
        self.bridges: list[str] = []
        """Addresses that were written."""
        self.meeting_notes: list[NoteMeeting] = []
        self.organiser_is_gone = False
        self.most_invited = 500
        """For so many an entry has a place."""
        self._keys: dict[tuple[int, str, Way], Meeting] = {}

        # The meeting's row.
        self.meeting_stage: Literal["none", "making", "made", "gone"] = "none"
        self.organiser = ""
        self.attempt = 0
        self.way: Way = "calendar"
        self.meeting: Meeting | None = None
        self.meeting_bridge: Literal["unread", "ours", "theirs"] = "unread"
        self.meeting_noted = False
        self.replaces = ""

    # What the room's fake gives

    @property
    @abstractmethod
    def found(self) -> list[str]:
        """Who can be invited, by rank."""

    def stored_meeting(self) -> StoredMeeting:
        """The row."""
        meeting = self.meeting
        return StoredMeeting(
            stage=self.meeting_stage,
            organiser=NAMES.get(self.organiser, ""),
            key=self.organiser,
            attempt=self.attempt,
            way=self.way,
            url=meeting.url if meeting else "",
            bridge=self.meeting_bridge,
            noted=self.meeting_noted,
            has_entry=meeting is not None and meeting.way == "calendar",
            invited=tuple(meeting.invited) if meeting else (),
            invited_count=len(meeting.invited) if meeting else 0,
            marked=meeting is not None and meeting.is_marked,
            replaces=self.replaces,
        )

    # The activities

    @activity.defn(name=rows.CHOOSE_ORGANISER.name)
    async def choose_organiser(self, request: ChooseOrganiser) -> Chosen:
        return await self._call(rows.CHOOSE_ORGANISER, request, partial(self._choose, request))

    def _choose(self, request: ChooseOrganiser) -> Chosen:
        """What was begun is gone on with."""
        if self.meeting_stage == "making":
            return self._chosen((), ())
        if request.plan.owner in self.absent:
            return Chosen(refusal="owner_absent")
        candidates = [*request.candidates, *([CONFIGURED] if self.has_configured else [])]
        left = [one for one in candidates if one not in request.tried]
        able = [one for one in left if one not in self.passed_over]
        before = left[: left.index(able[0])] if able else left
        passed_over = tuple(Hindrance(who=NAMES[one], why=self.passed_over[one]) for one in before)
        if not able:
            return Chosen(passed_over=passed_over, tried=tuple(before))
        if self.meeting_stage == "gone" and self.meeting is not None:
            self.replaces, self.meeting = self.meeting.url, None
            self.meeting_bridge, self.meeting_noted = "unread", False
        self.meeting_stage, self.organiser, self.way = "making", able[0], "calendar"
        if self.organiser in request.without_calendar:
            self.way = "meeting"
            passed_over = (*passed_over, Hindrance(who=NAMES[self.organiser], why="no_meeting"))
        self.attempt += 1
        return self._chosen(passed_over, tuple(before))

    def _chosen(self, passed_over: tuple[Hindrance, ...], tried: tuple[str, ...]) -> Chosen:
        return Chosen(
            key=self.organiser,
            name=NAMES[self.organiser],
            attempt=self.attempt,
            way=self.way,
            passed_over=passed_over,
            tried=tried,
        )

    @activity.defn(name=rows.CREATE_MEETING.name)
    async def create_meeting(self, request: CreateMeeting) -> MeetingMade:
        make, note = partial(self._make_meeting, request), partial(self._note_meeting_made, request)
        return await self._call(rows.CREATE_MEETING, request, make, note)

    def _make_meeting(self, request: CreateMeeting) -> MeetingMade:
        """The same key makes no other one."""
        assert request.attempt == self.attempt
        hindrance = self.hindered.get((request.way, self.organiser))
        if hindrance is not None:
            return MeetingMade(hindrance=hindrance)
        key = (self.attempt, self.organiser, request.way)
        if key not in self._keys:
            invited = self._invited()[: self.most_invited]
            self._keys[key] = Meeting(len(self.meetings) + 1, self.organiser, request.way, invited)
            self.meetings.append(self._keys[key])
        made = self._keys[key]
        return MeetingMade(
            url=made.url,
            has_entry=made.way == "calendar",
            invited=tuple(made.invited),
            invited_count=len(made.invited),
            left_out=len(self._invited()) - len(made.invited),
        )

    def _invited(self) -> list[str]:
        return [user for user in self.found if user != self.organiser]

    def _note_meeting_made(self, request: CreateMeeting, made: MeetingMade) -> None:
        if made.hindrance is None:
            self.meeting_stage = "made"
            self.meeting = self._keys[(self.attempt, self.organiser, request.way)]
            return
        self.way = "meeting"
        if request.way == "meeting" or made.hindrance.why == "unknown":
            self.meeting_stage = "none"

    @activity.defn(name=rows.FIND_ORGANISER.name)
    async def find_organiser(self, request: FindOrganiser) -> Done:
        return await self._call(rows.FIND_ORGANISER, request, self._find_organiser)

    def _find_organiser(self) -> Done:
        if self.organiser_is_gone:
            self.meeting_stage = "gone"
            raise NotFound("the user does not exist").to_application_error()
        return Done()

    @activity.defn(name=rows.UPDATE_ENTRY.name)
    async def update_entry(self, request: UpdateEntry) -> EntryUpdated:
        return await self._call(rows.UPDATE_ENTRY, request, partial(self._update, request))

    def _update(self, request: UpdateEntry) -> EntryUpdated:
        self._find_organiser()
        assert self.meeting is not None
        new = [one for one in self._invited() if one not in self.meeting.invited]
        everybody = [*self.meeting.invited, *new]
        self.meeting.invited = everybody[: self.most_invited]
        self.meeting.is_marked = request.is_over
        return EntryUpdated(
            invited=tuple(self.meeting.invited),
            invited_count=len(self.meeting.invited),
            left_out=len(everybody) - len(self.meeting.invited),
        )

    @activity.defn(name=rows.SET_BRIDGE.name)
    async def set_bridge(self, request: SetBridge) -> BridgeSet:
        return await self._call(
            rows.SET_BRIDGE, request, partial(self._set_bridge, request), self._note_bridge
        )

    def _set_bridge(self, request: SetBridge) -> BridgeSet:
        held = self.bridge.url if self.bridge else None
        if held and held not in (request.url, request.replaces):
            return BridgeSet(standing="theirs")
        if held != request.url:
            self.bridge = Bridge(url=request.url)
            self.bridges.append(request.url)
        return BridgeSet(standing="ours")

    def _note_bridge(self, done: BridgeSet) -> None:
        self.meeting_bridge = done.standing

    @activity.defn(name=rows.NOTE_MEETING.name)
    async def note_meeting(self, request: NoteMeeting) -> Done:
        return await self._call(
            rows.NOTE_MEETING, request, partial(self._write_meeting_note, request), self._note_meeting_noted
        )

    def _write_meeting_note(self, request: NoteMeeting) -> Done:
        """After looking for the address."""
        if request.url not in [one.url for one in self.meeting_notes]:
            self.meeting_notes.append(request)
        return Done()

    def _note_meeting_noted(self, _: Done) -> None:
        self.meeting_noted = True

    def meeting_activities(self) -> list[Callable[..., Awaitable[Any]]]:
        return [
            self.choose_organiser,
            self.create_meeting,
            self.find_organiser,
            self.update_entry,
            self.set_bridge,
            self.note_meeting,
        ]
