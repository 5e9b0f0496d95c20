"""What an activity tells a workflow: by the workflow's row, starting a run where none is going on."""

import time

import pytest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.contrib.pydantic import pydantic_data_converter

from activities.signals import WorkflowSignals
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.api.outage import line_to
from tests.support.life import Life
from workflows.channel_incident.messages import Conversation, Start
from workflows.channel_incident.workflow_type import CHANNEL_INCIDENT, EVENTS
from workflows.errors import ProviderUnavailable

pytestmark = pytest.mark.anyio


def start_of(life: Life) -> Start:
    return Start(
        account="acme",
        incident_id=life.incident_id,
        conversation_key="payments-ops",
        conversation=Conversation(tenant="tenant", id="19:ops", label="Payments/#ops"),
    )


async def test_a_signal_starts_a_run_that_operators_find_by_its_title(client: Client) -> None:
    life = Life()
    event = life.triggers()
    signals = WorkflowSignals(client, task_queue="nobody")
    await signals.signal(CHANNEL_INCIDENT, start_of(life), EVENTS[event.event_type], event)
    handle = client.get_workflow_handle(CHANNEL_INCIDENT.workflow_id(start_of(life)))
    description = await handle.describe()
    await handle.terminate()
    assert description.status is WorkflowExecutionStatus.RUNNING
    assert await description.static_summary() == "#42 · Checkout · Payments/#ops"


async def test_a_second_signal_reaches_the_run_that_is_going_on(client: Client) -> None:
    life = Life()
    signals = WorkflowSignals(client, task_queue="nobody")
    for event in (life.triggers(), life.is_acknowledged()):
        await signals.signal(CHANNEL_INCIDENT, start_of(life), EVENTS[event.event_type], event)
    handle = client.get_workflow_handle(CHANNEL_INCIDENT.workflow_id(start_of(life)))
    names = [
        event.workflow_execution_signaled_event_attributes.signal_name
        for event in (await handle.fetch_history()).events
        if event.HasField("workflow_execution_signaled_event_attributes")
    ]
    await handle.terminate()
    assert names == ["incident.triggered", "incident.acknowledged"]


async def test_a_temporal_that_is_away_is_worth_another_attempt(temporal: EmbeddedTemporal) -> None:
    life = Life()
    event = life.triggers()
    async with line_to(temporal.address) as line:
        away = await Client.connect(line.address, data_converter=pydantic_data_converter)
        await line.cut()
        began = time.monotonic()
        with pytest.raises(ProviderUnavailable, match="Temporal did not take a signal"):
            await WorkflowSignals(away, task_queue="nobody").signal(
                CHANNEL_INCIDENT, start_of(life), EVENTS[event.event_type], event
            )
        assert time.monotonic() - began < 5
