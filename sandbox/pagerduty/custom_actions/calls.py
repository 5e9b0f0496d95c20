"""Deliver the clicks on custom incident actions: they are webhooks whose receiver has 16 seconds."""

import asyncio
import uuid
from datetime import timedelta

from sandbox.clock import Clock
from sandbox.company.automation import CustomAction
from sandbox.pagerduty import errors
from sandbox.pagerduty.custom_actions.model import ActionCall
from sandbox.pagerduty.custom_actions.payloads import v2_body, v3_body
from sandbox.pagerduty.directory import Directory
from sandbox.pagerduty.incident_commands import IncidentCommands
from sandbox.pagerduty.model import Attempt, Incident
from sandbox.pagerduty.server_sent_events import ServerSentEvents
from sandbox.pagerduty.store import Store
from sandbox.pagerduty.web_requests import WebRequests
from sandbox.pagerduty.webhook_delivery import RETRY_WINDOW, is_accepted, is_worth_retrying, pauses
from sandbox.pagerduty.workflows.library import Library

ANSWERED_WITHIN = 16
"""Seconds (developer-docs, *Webhooks: Behavior*, Timeouts)."""
_KEPT = 2000
"""Characters of an answer that are kept."""


class ActionCalls:
    """Sends each click until it is accepted or refused, as webhooks are; it is not signed."""

    def __init__(
        self,
        *,
        store: Store,
        library: Library,
        web_requests: WebRequests,
        incident_commands: IncidentCommands,
        directory: Directory,
        clock: Clock,
        server_sent_events: ServerSentEvents,
    ) -> None:
        self._store = store
        self._library = library
        self._web_requests = web_requests
        self._incident_commands = incident_commands
        self._directory = directory
        self._clock = clock
        self._server_sent_events = server_sent_events
        self._tasks: set[asyncio.Task[None]] = set()

    def offered(self, incident: Incident) -> list[CustomAction]:
        """The custom actions of the incident's service."""
        return [one for one in self._library.custom_actions.values() if one.service == incident.service]

    def click(self, key: str, incident: Incident, user: str) -> ActionCall:
        """Send the incident to the action's address as this user; raises error 2100 if it is not offered."""
        action = next((one for one in self.offered(incident) if one.id == key), None)
        if action is None:
            raise errors.not_found()
        call = ActionCall(
            id=str(uuid.uuid4()),
            action=action.id,
            label=action.label,
            incident=incident.id,
            user=user,
            at=self._clock.now(),
            body=self._body(action, incident, user),
        )
        self._save(call)
        self._deliver_soon(call)
        return call

    def resume(self) -> None:
        """Go on with the clicks that waited when the process ended."""
        for call in self._store.state.action_calls.values():
            if call.state == "waiting":
                self._deliver_soon(call)

    async def stop(self) -> None:
        """Stop; what waits keeps the state ``waiting``."""
        tasks = [*self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _deliver_soon(self, call: ActionCall) -> None:
        task = asyncio.create_task(self._deliver(call.id))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, key: str) -> None:
        for pause in pauses():
            call = self._store.state.action_calls[key]
            action = self._library.custom_actions.get(call.action)
            if action is None or self._clock.now() - call.at > RETRY_WINDOW:
                self._finish(call, "dropped")
                return
            call = await self._attempt(call, action)
            attempt = call.attempts[-1]
            if is_accepted(attempt) or not is_worth_retrying(attempt):
                self._finish(call, "delivered" if is_accepted(attempt) else "dropped")
                return
            await self._clock.sleep_until(self._clock.now() + timedelta(seconds=pause))

    async def _attempt(self, call: ActionCall, action: CustomAction) -> ActionCall:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"PagerDuty-Webhook/{action.payload.upper()}.0",
            "X-Webhook-Id": call.id,
        } | {header.name: header.value for header in action.headers}
        at = self._clock.now()
        answer = await self._web_requests.send("POST", action.url, headers, call.body, within=ANSWERED_WITHIN)
        attempt = Attempt(at=at, status=answer.status, ms=answer.ms, error=answer.error or None)
        tried = call.model_copy(update={"attempts": (*call.attempts, attempt), "answer": answer.body[:_KEPT]})
        self._save(tried)
        return tried

    def _body(self, action: CustomAction, incident: Incident, user: str) -> str:
        at = self._clock.tick()
        if action.payload == "v3":
            return v3_body(incident, self._directory, user=user, at=at)
        status = self._incident_commands.service_status(incident.service)
        return v2_body(action, incident, self._directory, user=user, at=at, status=status)

    def _finish(self, call: ActionCall, state: str) -> None:
        self._save(call.model_copy(update={"state": state, "body": ""}))

    def _save(self, call: ActionCall) -> None:
        self._store.state.action_calls[call.id] = call
        self._store.changed()
        self._server_sent_events.changed()
