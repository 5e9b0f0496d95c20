"""What Temporal's refusals mean for whoever sent the message."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from api.gateway import Gateway
from muster.temporal.attempts import Rejected, TemporalUnavailable
from tests.support.life import Life
from workflows.channel_incident.messages import Conversation, Start
from workflows.channel_incident.workflow_type import CHANNEL_INCIDENT, CLICKS, DETACH, EVENTS
from workflows.verbs.click import Click, Clicker

pytestmark = pytest.mark.anyio

START = Start(
    account="acme",
    incident_id="Q1",
    conversation_key="payments-ops",
    conversation=Conversation(tenant="tenant", id="19:ops", label="Payments/#ops"),
)


class Refusing:
    """Temporal, answering every call with one status."""

    def __init__(self, status: RPCStatusCode) -> None:
        self._status = status

    async def start_workflow(self, *_args: Any, **_options: Any) -> None:
        raise RPCError("as it says", self._status, b"")


async def delivered(status: RPCStatusCode) -> None:
    gateway = Gateway(cast(Client, Refusing(status)), task_queue="muster")
    event = Life("Q1").triggers()
    await gateway.signal(CHANNEL_INCIDENT, START, EVENTS[event.event_type], event, within=0.1)


@pytest.mark.parametrize("status", [RPCStatusCode.INVALID_ARGUMENT, RPCStatusCode.OUT_OF_RANGE])
async def test_a_message_that_is_wrong_is_refused_with_the_reason(status: RPCStatusCode) -> None:
    with pytest.raises(Rejected, match="as it says"):
        await delivered(status)


@pytest.mark.parametrize(
    "status",
    [
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.DEADLINE_EXCEEDED,
        RPCStatusCode.RESOURCE_EXHAUSTED,
        RPCStatusCode.UNAUTHENTICATED,
        RPCStatusCode.PERMISSION_DENIED,
        RPCStatusCode.NOT_FOUND,
        RPCStatusCode.UNIMPLEMENTED,
        RPCStatusCode.INTERNAL,
    ],
)
async def test_a_temporal_that_does_not_work_for_us_is_tried_again(status: RPCStatusCode) -> None:
    """A key that runs out at night must not make PagerDuty forget the night's events."""
    with pytest.raises(TemporalUnavailable):
        await delivered(status)


class Running:
    """Temporal, with one run; its handle's signals end as ``errors`` say, one after the other."""

    def __init__(self, *errors: RPCError) -> None:
        self._errors = list(errors)
        self.signals: list[tuple[str, str]] = []

    def get_workflow_handle(self, workflow_id: str) -> Any:
        running = self

        class Handle:
            async def signal(self, name: str) -> None:
                if running._errors:
                    raise running._errors.pop(0)
                running.signals.append((workflow_id, name))

        return Handle()


async def test_a_run_that_goes_on_is_told_once_temporal_is_reached() -> None:
    temporal = Running(RPCError("the server is going away", RPCStatusCode.UNAVAILABLE, b""))
    gateway = Gateway(cast(Client, temporal), task_queue="muster")
    assert await gateway.signal_running("incident/acme/Q1/chat-42", DETACH)
    assert temporal.signals == [("incident/acme/Q1/chat-42", "detach")]


async def test_a_run_that_has_ended_is_not_told_and_none_is_started() -> None:
    temporal = Running(RPCError("workflow not found", RPCStatusCode.NOT_FOUND, b""))
    gateway = Gateway(cast(Client, temporal), task_queue="muster")
    assert not await gateway.signal_running("incident/acme/Q1/chat-42", DETACH)
    assert temporal.signals == []


class Temporal:
    """Temporal's client: updates end as ``updates`` says, one after the other, the last one again and again.

    ``None`` does not answer.
    """

    def __init__(self, *updates: RPCError | None) -> None:
        self._updates = list(updates)
        self.signals: list[Any] = []
        self.takes_signals = asyncio.Event()
        self.takes_signals.set()

    async def execute_update_with_start_workflow(self, *_args: Any, **_options: Any) -> None:
        error = self._updates.pop(0) if len(self._updates) > 1 else self._updates[0]
        if error is None:
            await asyncio.Event().wait()
        else:
            raise error

    async def start_workflow(self, *_args: Any, **options: Any) -> None:
        await self.takes_signals.wait()
        self.signals.append(options["start_signal_args"][0])


CONNECT_FAILED = RPCError("tcp connect error", RPCStatusCode.UNAVAILABLE, b"")
BROKEN_OFF = RPCError("transport error", RPCStatusCode.UNKNOWN, b"")
AWAY = RPCError("the server is going away", RPCStatusCode.UNAVAILABLE, b"")
TOO_MANY = RPCError("too many in-flight updates", RPCStatusCode.RESOURCE_EXHAUSTED, b"")
NO_ENTRY = RPCError("no such namespace", RPCStatusCode.NOT_FOUND, b"")
CLICK = Click(
    key="key",
    verb="acknowledge",
    person=Clicker(aad_object_id="ada", teams_id="29:ada", name="Ada"),
    message="1",
    received_at=datetime(2026, 1, 1, tzinfo=UTC),
    correlation="f:1",
)


async def asked(temporal: Temporal, gateway: Gateway | None = None) -> None:
    gateway = gateway or Gateway(cast(Client, temporal), task_queue="muster")
    answer_by = asyncio.get_running_loop().time() + 0.6
    answer = await gateway.ask(
        CHANNEL_INCIDENT, START, CLICKS["acknowledge"], CLICK, update_id="delivery", answer_by=answer_by
    )
    assert answer is None


@pytest.mark.parametrize("error", [CONNECT_FAILED, TOO_MANY, NO_ENTRY])
async def test_a_message_that_was_certainly_not_taken_is_said_not_to_be(error: RPCError) -> None:
    temporal = Temporal(error)
    with pytest.raises(TemporalUnavailable):
        await asked(temporal)
    assert temporal.signals == []


@pytest.mark.parametrize(
    "updates",
    [(None,), (BROKEN_OFF,), (AWAY,), (BROKEN_OFF, CONNECT_FAILED), (AWAY, NO_ENTRY)],
    ids=["no answer", "broken off", "away", "broken off, then down", "away, then refused"],
)
async def test_a_message_that_may_have_been_taken_is_handed_over(updates: Sequence[RPCError | None]) -> None:
    temporal = Temporal(*updates)
    await asked(temporal)
    assert temporal.signals == [CLICK]


class Accepting(Temporal):
    """Takes the start, with the update; whoever asks for the answer afterwards is refused."""

    async def execute_update_with_start_workflow(self, *_args: Any, **options: Any) -> None:
        operation = options["start_workflow_operation"]
        operation._workflow_handle.set_result(None)
        await asyncio.sleep(0.01)
        raise TOO_MANY


async def test_a_message_that_was_taken_before_asking_failed_is_handed_over() -> None:
    temporal = Accepting(None)
    await asked(temporal)
    assert temporal.signals == [CLICK]


async def test_a_hand_over_that_takes_long_goes_on_after_the_answer() -> None:
    temporal = Temporal(None)
    temporal.takes_signals.clear()
    gateway = Gateway(cast(Client, temporal), task_queue="muster")
    await asked(temporal, gateway)
    assert temporal.signals == []
    temporal.takes_signals.set()
    await gateway.finish()
    assert temporal.signals == [CLICK]
