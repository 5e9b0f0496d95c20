"""A Temporal that does not keep Schedules: a start ends with a sentence."""

from types import SimpleNamespace
from typing import Any

import pytest
from temporalio.service import RPCError, RPCStatusCode

from muster.errors import OperatorError
from muster.temporal.client import TemporalUnreachable
from muster.temporal.schedules import SchedulesRefused, keep_upkeep_schedules

pytestmark = pytest.mark.anyio


def client(status: RPCStatusCode) -> Any:
    async def refuses(*_: object) -> None:
        raise RPCError("not for you", status, b"")

    return SimpleNamespace(namespace="incidents", create_schedule=refuses, list_schedules=refuses)


@pytest.mark.parametrize("accounts", [("acme",), ()])
@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (RPCStatusCode.PERMISSION_DENIED, SchedulesRefused),
        (RPCStatusCode.UNIMPLEMENTED, SchedulesRefused),
        (RPCStatusCode.INVALID_ARGUMENT, SchedulesRefused),
        (RPCStatusCode.UNAVAILABLE, TemporalUnreachable),
        (RPCStatusCode.RESOURCE_EXHAUSTED, TemporalUnreachable),
        (RPCStatusCode.DEADLINE_EXCEEDED, TemporalUnreachable),
    ],
)
async def test_what_temporal_refuses_is_said_in_a_sentence(
    status: RPCStatusCode, failure: type[OperatorError], accounts: tuple[str, ...]
) -> None:
    with pytest.raises(failure, match="Schedules of upkeep in the namespace incidents: not for you"):
        await keep_upkeep_schedules(client(status), accounts, task_queue="muster")
