"""What a run knows, and the one place where that changes."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow

from workflows.degradations import DegradableRun, attention_of
from workflows.errors import NotFound
from workflows.incident.events import Details
from workflows.incident.reduce import fold_details
from workflows.incident_room.activities import OfChat
from workflows.incident_room.messages import Start
from workflows.incident_room.state import State, TimelineEntry
from workflows.incident_room.timeline import markdown_of
from workflows.incident_room.workflow_type import attributes_of, title
from workflows.written_attributes import WrittenAttributes


class RunState(DegradableRun[State]):
    """The state of one run, and what operators are told of it."""

    def __init__(self, start: Start) -> None:
        self.start = start
        self.draining = False
        """The run is about to end or to continue as new: nothing may be started any more."""
        self.requests = 0
        """How often somebody asked for a chat that was not there."""
        self.orders = 0
        """How often a program wanted something done with the chat."""
        self.begins_anew = False
        """Somebody asked for another chat than the one that nobody knows of."""
        self.returns = 0
        """How often the bot came back into the chat."""
        self.members_turn = asyncio.Lock()
        """Whoever changes the members reads them first, and nobody else changes them meanwhile."""
        self.grace_passed = False
        """The incident has been over for so long that it is summed up and marked."""
        self.is_left = False
        """The incident has been over for so long that everybody leaves."""
        self._state = self._timed(start.carried or State())
        self._attributes = WrittenAttributes()
        self._pass_grace()

    @property
    def state(self) -> State:
        """What is known now."""
        return self._state

    @property
    def continues(self) -> bool:
        """This run continues another one, which may have called somebody a moment ago."""
        return self.start.carried is not None

    @property
    def now(self) -> datetime:
        """The time of the step that is being taken."""
        return workflow.now()

    @property
    def tenant(self) -> str:
        """Microsoft's tenant of the chat: that of whoever asked first."""
        return self._state.tenant or self.start.tenant

    @property
    def is_over(self) -> bool:
        """The incident is resolved."""
        snapshot = self._state.incident.snapshot
        return snapshot is not None and snapshot.status == "resolved"

    @property
    def is_open(self) -> bool:
        """The incident is known, and not resolved."""
        return self._state.incident.snapshot is not None and not self.is_over

    @property
    def wants_mark(self) -> bool:
        """The chat's topic is to say that the incident is over."""
        return self.is_over and self.grace_passed

    @property
    def grace_ends_at(self) -> datetime | None:
        """When the resolved incident is summed up; ``None``: it is open, or that has passed."""
        since = self._state.over_since
        if self.grace_passed or since is None:
            return None
        return since + timedelta(seconds=self.start.timing.grace)

    @property
    def leaves_at(self) -> datetime | None:
        """When everybody leaves the chat of the resolved incident; ``None``: they stay, or they left."""
        after, since = self.start.policy.leave_after, self._state.over_since
        has_chat = self._state.chat.stage == "made" and not self._state.people.left
        if after is None or not self.grace_passed or self.is_left or since is None or not has_chat:
            return None
        return since + timedelta(seconds=after)

    def call_of(self) -> dict[str, Any]:
        """What every call about the room carries."""
        return {
            "room": self.start.room,
            "tenant": self.tenant,
            "correlation": self._state.cause,
        }

    def of_chat(self) -> OfChat:
        """What every call about its chat carries."""
        return OfChat(**self.call_of(), chat=self._state.chat.id)

    def apply(self, state: State, *, cause: str | None = None) -> None:
        """Replace the state; ``cause`` is the correlation id of what was folded."""
        self._state = self._timed(state if cause is None else state.replace(cause=cause))
        if not self.is_over:
            self.grace_passed = self.is_left = False
        self._pass_grace()
        self.publish()

    def is_stuck(self, name: str) -> bool:
        """This reconciler failed, and no waiting helps: people must do something, or its object is gone."""
        return self.needs_people(name) or self.is_degraded(name, NotFound.__name__)

    def _timed(self, state: State) -> State:
        """With the time since when the incident is over, by our clock: PagerDuty's may be ahead of it."""
        snapshot, resolution = state.incident.snapshot, state.incident.resolution
        is_over = snapshot is not None and snapshot.status == "resolved"
        over_at = resolution.stamp.at if is_over and resolution is not None else None
        if over_at == state.over_at:
            return state
        return state.replace(over_at=over_at, over_since=over_at and min(over_at, self.now))

    def _pass_grace(self) -> None:
        """What was over long before this run knew of it needs no timer to have passed."""
        ends = self.grace_ends_at
        if ends is not None and ends <= self.now:
            self.grace_passed = True

    def fold_details(self, details: Details, *, cause: str | None = None) -> None:
        """Take what REST told."""
        self.apply(self._state.replace(incident=fold_details(self._state.incident, details)), cause=cause)

    def tells(self, what: str, who: str = "Muster") -> None:
        """Write into the timeline that something happened."""
        self.apply(self._state.with_entry(TimelineEntry(at=workflow.now(), what=what, who=who)))

    def publish(self) -> None:
        """Tell operators how things stand. Details cost nothing until they are looked at."""
        snapshot = self._state.incident.snapshot
        service = snapshot.service.name if snapshot and snapshot.service else None
        name = title(snapshot.number if snapshot else None, self.start.incident_id, service)
        workflow.set_current_details(markdown_of(name, self._state))
        attention = attention_of(self._state)
        self._attributes.write(
            attributes_of(self.start, snapshot, attention, chat=self._state.chat.id, tenant=self.tenant)
        )
