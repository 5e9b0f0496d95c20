"""Make the pending actions of incidents happen when the account's clock reaches their time."""

import heapq
from collections.abc import Iterator
from datetime import datetime, timedelta

from sandbox.clock import Clock
from sandbox.pagerduty import incidents
from sandbox.pagerduty.directory import Directory
from sandbox.pagerduty.incident_commands import IncidentCommands
from sandbox.pagerduty.model import Incident
from sandbox.pagerduty.pending_actions import PendingAction, next_level, pending_actions

_LONGEST_WAIT = timedelta(minutes=1)
"""No escalation policy waits for less: what begins during a wait is not late."""


class Timers:
    """Escalates, unacknowledges and resolves incidents as their policies and services say."""

    def __init__(self, incident_commands: IncidentCommands, directory: Directory, clock: Clock) -> None:
        self._incident_commands = incident_commands
        self._directory = directory
        self._clock = clock

    async def run(self) -> None:
        """Do what falls due, until the task is cancelled."""
        while True:
            now = self._clock.now()
            for incident, action in self._due(now):
                self._do(incident, action)
            pending = (self._next(incident) for incident in self._incident_commands.incidents())
            await self._clock.wait_until(
                min([now + _LONGEST_WAIT, *(action.at for action in pending if action is not None)])
            )

    def advance(self, seconds: float) -> None:
        """Move the clock ahead; what falls due on the way happens at its own time."""
        distance = timedelta(seconds=seconds)
        ahead_at_the_end = self._clock.ahead + distance
        for incident, action in self._due(self._clock.now() + distance):
            self._clock.advance(max(0, (action.at - self._clock.now()).total_seconds()))
            self._do(incident, action)
        self._clock.advance((ahead_at_the_end - self._clock.ahead).total_seconds())

    def _due(self, until: datetime) -> Iterator[tuple[Incident, PendingAction]]:
        """What falls due, in order; the caller does each before it takes the next."""
        waiting: list[tuple[datetime, str]] = []

        def wait(incident: Incident) -> None:
            action = self._next(incident)
            if action is not None and action.at <= until:
                heapq.heappush(waiting, (action.at, incident.id))

        for incident in self._incident_commands.incidents():
            wait(incident)
        while waiting:
            _, key = heapq.heappop(waiting)
            incident = self._incident_commands.get(key)
            action = self._next(incident)
            if action is not None:
                yield incident, action
                wait(self._incident_commands.get(key))

    def _next(self, incident: Incident) -> PendingAction | None:
        return next(iter(pending_actions(incident, self._directory)), None)

    def _do(self, incident: Incident, action: PendingAction) -> None:
        change = self._incident_commands.begin_change(incident, by=incident.service)
        match action.type:
            case "escalate":
                level = next_level(incident, self._directory)
                if level is not None:
                    users = self._directory.on_call(incident.escalation_policy, level)
                    incidents.escalate(change, level, users, loops=int(level == 1))
            case "unacknowledge":
                incidents.unacknowledge(change)
            case "resolve":
                incidents.resolve(change)
        self._incident_commands.save([change])
