"""What an activity tells and asks a workflow: by its row, starting a run where none is going on."""

import time
from datetime import UTC, datetime

import pytest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker

from activities.signals import Rejected, WorkflowSignals
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.api.outage import line_to
from tests.support.life import Life
from tests.workflows.channel_incident.outside import FakeActivities
from worker import workflow_runner
from workflows.channel_incident.messages import Conversation, Start
from workflows.channel_incident.workflow import ChannelIncidentWorkflow
from workflows.channel_incident.workflow_type import CHANNEL_INCIDENT, CLICKS, EVENTS
from workflows.errors import ProviderUnavailable
from workflows.verbs.click import Click, Clicker

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


def click(verb: str = "acknowledge") -> Click:
    return Click(
        key="k1",
        verb=verb,
        person=Clicker(aad_object_id="cy", teams_id="29:cy", name="Cy", link=7),
        message="17",
        received_at=datetime.now(UTC),
        correlation="f:1",
    )


async def test_a_run_that_nobody_works_on_does_not_answer_in_time(client: Client) -> None:
    life = Life()
    signals = WorkflowSignals(client, task_queue="nobody")
    with pytest.raises(ProviderUnavailable, match="did not answer in time"):
        await signals.ask(
            CHANNEL_INCIDENT, start_of(life), CLICKS["acknowledge"], click(), update_id="u1", within=1
        )
    await client.get_workflow_handle(CHANNEL_INCIDENT.workflow_id(start_of(life))).terminate()


async def test_what_a_run_answers_is_the_same_whenever_it_is_asked_and_what_it_rejects_is_told(
    client: Client,
) -> None:
    outside = FakeActivities()
    start, queue = start_of(outside.life), f"q-{outside.life.incident_id}"
    signals = WorkflowSignals(client, task_queue=queue)
    async with Worker(
        client,
        task_queue=queue,
        workflows=[ChannelIncidentWorkflow],
        activities=outside.activities(),
        workflow_runner=workflow_runner(sandboxed=True),
    ):
        update = CLICKS["acknowledge"]
        answers = [
            await signals.ask(CHANNEL_INCIDENT, start, update, click(), update_id="u1", within=10)
            for _ in range(2)
        ]
        with pytest.raises(Rejected, match="carries the verb resolve"):
            await signals.ask(CHANNEL_INCIDENT, start, update, click("resolve"), update_id="u2", within=10)
    assert [answer.outcome.kind for answer in answers] == ["done", "done"]
    assert len(outside.changes) == 1


async def test_a_temporal_that_is_away_is_worth_asking_again(temporal: EmbeddedTemporal) -> None:
    async with line_to(temporal.address) as line:
        away = await Client.connect(line.address, data_converter=pydantic_data_converter)
        await line.cut()
        with pytest.raises(ProviderUnavailable):
            await WorkflowSignals(away, task_queue="nobody").ask(
                CHANNEL_INCIDENT, start_of(Life()), CLICKS["acknowledge"], click(), update_id="u", within=1
            )
