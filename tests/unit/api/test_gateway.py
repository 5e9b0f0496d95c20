"""What Temporal's refusals mean for whoever sent the message."""

from typing import Any, cast

import pytest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from api.gateway import Gateway, Rejected, TemporalUnavailable
from tests.support.life import Life
from workflows.channel_incident.messages import Conversation, Start
from workflows.channel_incident.workflow_type import CHANNEL_INCIDENT, EVENTS

pytestmark = pytest.mark.anyio

START = Start(
    account="acme",
    incident_id="Q1",
    conversation_key="payments-ops",
    conversation=Conversation(
        tenant="tenant", id="19:ops", service_url="https://smba.example/", label="Payments/#ops"
    ),
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
    await gateway.signal(CHANNEL_INCIDENT, START, EVENTS[event.event_type], event)


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
