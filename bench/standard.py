"""What one standard incident costs: trigger, clicked acknowledge, note, clicked resolve, one channel."""

import asyncio

from temporalio.api.enums.v1 import EventType

from bench.figures import progress, value
from bench.incidents import PACE, Incident
from bench.stack import ONE_CHANNEL, Stack

ACTIONS = frozenset(
    {
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
        EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
        EventType.EVENT_TYPE_TIMER_STARTED,
        EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
    }
)
"""What Temporal counts as an action, as it shows in a history (promises.md, invariant 11)."""


async def standard_incident(stack: Stack) -> None:
    """History events, Temporal actions and calls to both providers, with the default edit interval."""
    progress("standard incident")
    port = stack.addresses.start_port
    # A grace timer is one action however long it is.
    await stack.start_api("api-default", port, MUSTER_GRACE="2")
    incident = Incident(ONE_CHANNEL, pace=PACE)
    before = stack.sink.teams_calls, stack.sink.pagerduty_calls
    await stack.webhook(incident, "triggered", port=port)
    await stack.sink.until(incident.id, "Triggered")
    card = stack.sink.cards(incident.id)[0]
    await stack.click(card, "acknowledge", port=port)
    await stack.webhook(incident, "acknowledged", port=port)
    await stack.sink.until(incident.id, "Acknowledged")
    await stack.webhook(incident, "annotated", port=port)
    await stack.sink.until(incident.id, "Acknowledged", sendings=3)
    await stack.click(card, "resolve", port=port)
    await stack.webhook(incident, "resolved", port=port)
    await stack.sink.until(incident.id, "Resolved")
    handle = stack.client.get_workflow_handle(f"incident/acme/{incident.id}/payments-ops")
    await asyncio.wait_for(handle.result(), 15)
    events = (await handle.fetch_history()).events
    retried = sum(
        event.activity_task_started_event_attributes.attempt - 1
        for event in events
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED
    )
    value("history_events", "events", len(events))
    value("temporal_actions", "actions", sum(event.event_type in ACTIONS for event in events) + retried)
    value("teams_calls", "calls", stack.sink.teams_calls - before[0])
    value("pagerduty_calls", "calls", stack.sink.pagerduty_calls - before[1])
    await stack.stop("api-default")
