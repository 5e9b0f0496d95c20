"""The connection to Temporal: one way to connect, to register what the product needs, to say goodbye."""

import asyncio
import logging
from functools import cache

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.common import SearchAttributeIndexedValueType
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig
from temporalio.runtime import LogForwardingConfig, LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter
from temporalio.service import RPCError, RPCStatusCode

from muster.settings import Settings
from workflows.search_attributes import REGISTRY

_TYPES: dict[SearchAttributeIndexedValueType, IndexedValueType.ValueType] = {
    SearchAttributeIndexedValueType.KEYWORD: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    SearchAttributeIndexedValueType.INT: IndexedValueType.INDEXED_VALUE_TYPE_INT,
}
_GOODBYE = 0.3
"""Seconds. A process that used the SDK may abort while Python ends; a pause after the last object of it
is closed avoids that (temporalio/sdk-python issue 300; 15 of 15 clean against 11 of 15)."""


class TemporalUnreachable(Exception):
    """The service does not answer, or not for this namespace; the text says which and why."""


class SearchAttributesMissing(Exception):
    """The namespace lacks attributes the product writes: run ``muster migrate``."""


class RegistrationRefused(Exception):
    """The service does not let us register search attributes; the text names the commands to run."""


async def connect(settings: Settings) -> Client:
    """A client as the environment (TLS, API key) and the settings (address, namespace) say.

    Raises ``TemporalUnreachable``.
    """
    config = ClientConfig.load_client_connect_config()
    config["target_host"] = settings.temporal_address
    config["namespace"] = settings.temporal_namespace
    try:
        return await Client.connect(**config, data_converter=pydantic_data_converter, runtime=_runtime())
    except RuntimeError as error:  # all that the SDK raises here
        reason = str(error).removeprefix("Failed client connect: ")
        raise TemporalUnreachable(
            f"Temporal cannot be reached at {settings.temporal_address}: {reason}"
        ) from error


@cache
def _runtime() -> Runtime:
    """The process's only runtime, whose core logs where Python does and not past it to standard error."""
    forwarding = LogForwardingConfig(
        logger=logging.getLogger("temporalio.core"),
        prepend_target_on_message=False,  # the target is in the logger's name, the fields in the record
        append_log_fields_to_message=False,
    )
    level = TelemetryFilter(core_level="WARN", other_level="ERROR")
    runtime = Runtime(telemetry=TelemetryConfig(logging=LoggingConfig(filter=level, forwarding=forwarding)))
    Runtime.set_default(runtime, error_if_already_set=False)
    return runtime


async def prepare_namespace(settings: Settings) -> None:
    """Connect, register what the product needs, and let go: all that ``muster migrate`` does here."""
    try:
        await register_search_attributes(await connect(settings))
    finally:  # a refusal, too, must end with its own exit code and not with an abort
        await goodbye()


async def register_search_attributes(client: Client) -> None:
    """Register what is missing; raises ``RegistrationRefused`` where the service allows it to nobody here."""
    missing = await missing_search_attributes(client)
    if not missing:
        return
    request = AddSearchAttributesRequest(
        namespace=client.namespace,
        search_attributes={
            key.name: _TYPES[key.indexed_value_type] for key in REGISTRY if key.name in missing
        },
    )
    try:
        await client.operator_service.add_search_attributes(request)
    except RPCError as error:
        if error.status in (RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED):
            raise RegistrationRefused(_by_hand(missing)) from error
        if error.status is not RPCStatusCode.ALREADY_EXISTS:
            raise


async def require_search_attributes(client: Client) -> None:
    """Raise ``SearchAttributesMissing`` unless every attribute is registered."""
    missing = await missing_search_attributes(client)
    if missing:
        raise SearchAttributesMissing(
            f"search attributes are missing: {', '.join(missing)}. Run muster migrate"
        )


async def missing_search_attributes(client: Client) -> tuple[str, ...]:
    """The names that the namespace does not know; raises ``TemporalUnreachable``."""
    try:
        known = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=client.namespace)
        )
    except RPCError as error:
        raise TemporalUnreachable(
            f"Temporal does not answer for the namespace {client.namespace}: {error.message}"
        ) from error
    return tuple(key.name for key in REGISTRY if key.name not in known.custom_attributes)


async def goodbye() -> None:
    """Wait until the SDK's threads have let go; the last thing a process does with Temporal."""
    await asyncio.sleep(_GOODBYE)


def _by_hand(missing: tuple[str, ...]) -> str:
    kinds = {
        key.name: "Int" if key.indexed_value_type is SearchAttributeIndexedValueType.INT else "Keyword"
        for key in REGISTRY
    }
    commands = (
        f"tcld namespace search-attributes add --namespace NAMESPACE --search-attribute {name}={kinds[name]}"
        for name in missing
    )
    return "the service does not let Muster register search attributes; run:\n" + "\n".join(commands)
