"""An identity that may write to a namespace and not list its search attributes."""

from types import SimpleNamespace
from typing import Any

import pytest
from temporalio.service import RPCError, RPCStatusCode

from muster.errors import OperatorError
from muster.temporal.client import TemporalUnreachable
from muster.temporal.search_attributes import (
    RegistrationFailed,
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


def registering(status: RPCStatusCode) -> Any:
    """A client that lists no attribute, and whose service answers a registration with this status."""

    async def listed(_request: object) -> Any:
        return SimpleNamespace(custom_attributes={})

    async def added(_request: object) -> None:
        raise RPCError("cannot have more than 10 of type Keyword", status, b"")

    return SimpleNamespace(
        namespace="incidents",
        operator_service=SimpleNamespace(list_search_attributes=listed, add_search_attributes=added),
    )


async def test_a_writer_starts_without_the_list() -> None:
    await require_search_attributes(client(RPCStatusCode.PERMISSION_DENIED))


async def test_a_service_that_does_not_answer_stops_the_start() -> None:
    with pytest.raises(TemporalUnreachable, match="namespace incidents"):
        await require_search_attributes(client(RPCStatusCode.UNAVAILABLE))


async def test_whoever_is_to_register_them_is_told_how() -> None:
    with pytest.raises(RegistrationRefused, match="--search-attribute PdAccount=Keyword"):
        await register_search_attributes(client(RPCStatusCode.PERMISSION_DENIED))


@pytest.mark.parametrize(
    "status", [RPCStatusCode.INVALID_ARGUMENT, RPCStatusCode.UNAVAILABLE, RPCStatusCode.RESOURCE_EXHAUSTED]
)
async def test_a_registration_that_fails_is_a_sentence(status: RPCStatusCode) -> None:
    with pytest.raises(RegistrationFailed, match=r"namespace incidents: cannot have more than 10") as failed:
        await register_search_attributes(registering(status))
    assert isinstance(failed.value, OperatorError)


async def test_what_somebody_else_has_just_registered_is_no_failure() -> None:
    await register_search_attributes(registering(RPCStatusCode.ALREADY_EXISTS))
