"""The commands that create and change incidents, for API and console.

A command checks the rules, saves the state, and sends the webhook events, in this order.
"""

from collections.abc import Callable, Iterable

from sandbox.clock import Clock
from sandbox.pagerduty import errors, incidents
from sandbox.pagerduty.directory import Directory
from sandbox.pagerduty.events import envelope, step_data
from sandbox.pagerduty.ids import new_id, new_incident_key
from sandbox.pagerduty.incident_change import IncidentChange, Step
from sandbox.pagerduty.incident_merge import merge
from sandbox.pagerduty.incident_requests import (
    NewIncident,
    known_assignees,
    known_incident_type,
    known_policy,
    known_priority,
    known_service,
)
from sandbox.pagerduty.incident_types import BASE
from sandbox.pagerduty.model import Assignment, Incident
from sandbox.pagerduty.server_sent_events import ServerSentEvents
from sandbox.pagerduty.store import Store
from sandbox.pagerduty.subscriptions import Subscriptions
from sandbox.pagerduty.webhook_delivery import WebhookDelivery

Watcher = Callable[[Incident | None, Incident], None]
"""Is told an incident as it was before a change, None for a new one, and as it is after it."""


class IncidentCommands:
    """Reads incidents; nothing else writes them."""

    def __init__(
        self,
        *,
        store: Store,
        directory: Directory,
        clock: Clock,
        subscriptions: Subscriptions,
        webhook_delivery: WebhookDelivery,
        server_sent_events: ServerSentEvents,
    ) -> None:
        self._store = store
        self._directory = directory
        self._clock = clock
        self._subscriptions = subscriptions
        self._webhook_delivery = webhook_delivery
        self._server_sent_events = server_sent_events
        self._watchers: list[Watcher] = []

    def watch(self, watcher: Watcher) -> None:
        """Tell it every change, after the change's own webhooks."""
        self._watchers.append(watcher)

    def incidents(self) -> list[Incident]:
        """All incidents, oldest first."""
        return list(self._store.state.incidents.values())

    def find(self, key: str) -> Incident | None:
        """The incident with this id or number, or None."""
        found = self._store.state.incidents.get(key)
        if found is None and key.isdecimal():
            found = next((one for one in self.incidents() if one.number == int(key)), None)
        return found

    def get(self, key: str) -> Incident:
        """The incident with this id or number; raises error 2100."""
        incident = self.find(key)
        if incident is None:
            raise errors.not_found()
        return incident

    def service_status(self, service: str) -> str:
        """``critical`` if one of its incidents is triggered, ``warning`` if one is open, else ``active``.

        A service that takes no incidents is ``disabled``.
        """
        if self._directory.service_state(service) == "disabled":
            return "disabled"
        open_ones = {one.status for one in self.incidents() if one.service == service and one.is_open}
        return "critical" if "triggered" in open_ones else "warning" if open_ones else "active"

    def begin_change(self, incident: Incident, *, by: str) -> IncidentChange:
        """Begin to change an incident as the user ``by``, or as its service where no user does it."""
        return IncidentChange(incident, by=by, at=self._clock.now())

    def save(self, changes: Iterable[IncidentChange]) -> None:
        """Save the changes and send their webhooks."""
        for change in changes:
            before = self._store.state.incidents.get(change.incident.id)
            self._store.state.incidents[change.incident.id] = change.incident
            for step in change.steps:
                self._publish(step, by=change.by)
            for watcher in self._watchers:
                watcher(before, change.incident)
        self._store.changed()
        self._server_sent_events.changed()

    def merge(self, target: Incident, sources: Iterable[Incident], *, by: str) -> Incident:
        """Merge incidents, each once, into the target; either all are merged or none is."""
        change = self.begin_change(target, by=by)
        once = {source.id: source for source in sources}
        merged = [self.begin_change(source, by=by) for source in once.values()]
        merge(change, merged)
        self.save([change, *merged])
        return change.incident

    def create(self, wanted: NewIncident, *, by: str) -> Incident:
        """Create an incident and trigger it, as a user or as its service."""
        change = self.begin_change(self._new_incident(wanted, by=by), by=by)
        self._store.state.last_number = change.incident.number
        incidents.trigger(change)
        self.save([change])
        return change.incident

    def _new_incident(self, wanted: NewIncident, *, by: str) -> Incident:
        if not wanted.title.strip():
            raise errors.invalid_input("Title can't be blank")
        service = known_service(wanted.service, self._directory)
        if self._directory.service_state(service) == "disabled":
            raise errors.invalid_input(f"Service {service!r} is disabled")
        if wanted.incident_key and self._open_with_key(service, wanted.incident_key):
            raise errors.invalid_input("Open incident with matching dedup key already exists on this service")
        if wanted.assignments and wanted.escalation_policy:
            raise errors.invalid_input("Assignments and escalation policy cannot both be given")
        policy = self._directory.services[service].escalation_policy
        if wanted.escalation_policy:
            policy = known_policy(wanted.escalation_policy, self._directory)
        users = self._directory.on_call(policy, 1)
        if wanted.assignments:
            users = tuple(known_assignees(wanted.assignments, self._directory))
        details = wanted.body.details if wanted.body else None
        now = self._clock.now().replace(microsecond=0)
        return Incident(
            id=new_id(),
            number=self._store.state.last_number + 1,
            title=wanted.title,
            service=service,
            urgency=wanted.urgency,
            status="triggered",
            incident_key=wanted.incident_key or new_incident_key(),
            incident_type=known_incident_type(wanted.incident_type) if wanted.incident_type else BASE,
            body=details,
            priority=known_priority(wanted.priority, self._directory) if wanted.priority else None,
            escalation_policy=policy,
            escalation_level=1,
            assigned_via="direct_assignment" if wanted.assignments else "escalation_policy",
            assignments=tuple(Assignment(user=user, at=now) for user in users),
            conference_bridge=wanted.conference_bridge,
            alerts=tuple(one.alert(now) for one in wanted.alerts or ()),
            created_at=now,
            updated_at=now,
            last_status_change_at=now,
            last_status_change_by=by,
        )

    def _open_with_key(self, service: str, key: str) -> bool:
        return any(
            incident.is_open and incident.service == service and incident.incident_key == key
            for incident in self._store.state.incidents.values()
        )

    def _publish(self, step: Step, *, by: str) -> None:
        if step.event is None:
            return
        at = self._clock.tick()
        agent = None if by in self._directory.services else self._directory.agent(by)
        service = step.incident.service
        teams = self._directory.services[service].teams
        for subscription in self._subscriptions.interested(step.event, service, teams):
            event = envelope(step.event, step_data(step, self._directory), at=at, agent=agent)
            self._webhook_delivery.publish(subscription, event, step.incident.id)
