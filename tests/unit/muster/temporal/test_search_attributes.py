"""An identity that may write to a namespace and not list its search attributes."""

from types import SimpleNamespace
from typing import Any

import pytest
from temporalio.service import RPCError, RPCStatusCode

from muster.temporal.client import TemporalUnreachable
from muster.temporal.search_attributes import (
    RegistrationRefused,
    register_search_attributes,
    require_search_attributes,
)

pytestmark = pytest.mark.anyio


def client(status: RPCStatusCode) -> Any:
    async def listed(_request: object) -> None:
        raise RPCError("no", status, b"")

    return SimpleNamespace(
        namespace="incidents", operator_service=SimpleNamespace(list_search_attributes=listed)
    )


async def test_a_writer_starts_without_the_list() -> None:
    await require_search_attributes(client(RPCStatusCode.PERMISSION_DENIED))


async def test_a_service_that_does_not_answer_stops_the_start() -> None:
    with pytest.raises(TemporalUnreachable, match="namespace incidents"):
        await require_search_attributes(client(RPCStatusCode.UNAVAILABLE))


async def test_whoever_is_to_register_them_is_told_how() -> None:
    with pytest.raises(RegistrationRefused, match="--search-attribute PdAccount=Keyword"):
        await register_search_attributes(client(RPCStatusCode.PERMISSION_DENIED))
