"""A history as an operator reads it in the Timeline."""

import json
from collections.abc import Sequence
from typing import NamedTuple

from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent


class Called(NamedTuple):
    """An activity as it was scheduled."""

    name: str
    summary: str


class Waited(NamedTuple):
    """A timer as it was started."""

    summary: str
    seconds: float


class Timeline:
    """What happened in one run, by kind, in order."""

    def __init__(self, events: Sequence[HistoryEvent]) -> None:
        self.events = events

    def __len__(self) -> int:
        return len(self.events)

    @property
    def activities(self) -> list[Called]:
        return [
            Called(event.activity_task_scheduled_event_attributes.activity_type.name, _summary(event))
            for event in self._of("ACTIVITY_TASK_SCHEDULED")
        ]

    @property
    def in_task(self) -> list[Called]:
        """Activities that ended within a workflow task."""
        markers = ((event, event.marker_recorded_event_attributes) for event in self._of("MARKER_RECORDED"))
        return [
            Called(json.loads(marker.details["data"].payloads[0].data)["activity_type"], _summary(event))
            for event, marker in markers
            if marker.marker_name == "core_local_activity"
        ]

    def count(self, activity: str) -> int:
        """How often this activity was scheduled."""
        return sum(called.name == activity for called in self.activities)

    @property
    def signals(self) -> list[str]:
        return [
            event.workflow_execution_signaled_event_attributes.signal_name
            for event in self._of("WORKFLOW_EXECUTION_SIGNALED")
        ]

    @property
    def updates(self) -> list[str]:
        return [
            event.workflow_execution_update_accepted_event_attributes.accepted_request.input.name
            for event in self._of("WORKFLOW_EXECUTION_UPDATE_ACCEPTED")
        ]

    @property
    def timers(self) -> list[Waited]:
        return [
            Waited(
                _summary(event),
                event.timer_started_event_attributes.start_to_fire_timeout.ToNanoseconds() / 1e9,
            )
            for event in self._of("TIMER_STARTED")
        ]

    @property
    def cut_short(self) -> list[str]:
        """The summaries of the timers that were not waited out."""
        started = {event.event_id: _summary(event) for event in self._of("TIMER_STARTED")}
        cancelled = self._of("TIMER_CANCELED")
        return [started[event.timer_canceled_event_attributes.started_event_id] for event in cancelled]

    @property
    def actions(self) -> int:
        """Temporal actions: start, signals, updates, scheduled and retried activities, timers, upserts."""
        retries = sum(
            event.activity_task_started_event_attributes.attempt - 1
            for event in self._of("ACTIVITY_TASK_STARTED")
        )
        messages = len(self.signals) + len(self.updates)
        return 1 + messages + len(self.activities) + retries + len(self.timers) + self.upserts

    @property
    def upserts(self) -> int:
        """How often search attributes were written."""
        return len(self._of("UPSERT_WORKFLOW_SEARCH_ATTRIBUTES"))

    @property
    def continued_as(self) -> str | None:
        """The run that this one continued as."""
        return next(
            (
                event.workflow_execution_continued_as_new_event_attributes.new_execution_run_id
                for event in self._of("WORKFLOW_EXECUTION_CONTINUED_AS_NEW")
            ),
            None,
        )

    def _of(self, kind: str) -> list[HistoryEvent]:
        wanted = EventType.Value(f"EVENT_TYPE_{kind}")
        return [event for event in self.events if event.event_type == wanted]


def _summary(event: HistoryEvent) -> str:
    return _text(event.user_metadata.summary) if event.user_metadata.HasField("summary") else ""


def _text(payload: Payload) -> str:
    return str(json.loads(payload.data))
