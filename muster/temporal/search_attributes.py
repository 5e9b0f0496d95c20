"""The search attributes of a namespace: register those the product writes, or require them."""

from collections.abc import Iterable

import structlog
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.common import SearchAttributeIndexedValueType
from temporalio.service import RPCError, RPCStatusCode

from muster.errors import OperatorError
from muster.temporal.ambient import sources
from muster.temporal.client import TemporalUnreachable
from workflows.search_attributes import REGISTRY

log = structlog.stdlib.get_logger(__name__)

_TYPES: dict[SearchAttributeIndexedValueType, IndexedValueType.ValueType] = {
    SearchAttributeIndexedValueType.KEYWORD: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    SearchAttributeIndexedValueType.INT: IndexedValueType.INDEXED_VALUE_TYPE_INT,
}


class SearchAttributesMissing(OperatorError):
    """The namespace lacks attributes the product writes: run ``muster migrate``."""


class ListingRefused(TemporalUnreachable):
    """This identity may not list the namespace's search attributes."""


class RegistrationRefused(OperatorError):
    """The service does not let us register search attributes; the text names the commands to run."""


class RegistrationFailed(OperatorError):
    """The service took the request and did not do it: too many attributes, one of another type, no answer."""


async def register_search_attributes(client: Client) -> None:
    """Register what is missing.

    Raises ``TemporalUnreachable``, ``RegistrationFailed``, or ``RegistrationRefused`` where the service does
    not allow it.
    """
    try:
        missing = await _missing(client)
    except ListingRefused as error:
        raise RegistrationRefused(_by_hand(key.name for key in REGISTRY)) from error
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
            raise RegistrationFailed(
                f"Temporal does not register search attributes in the namespace {client.namespace}:"
                f" {error.message or error.status.name}{sources()}"
            ) from error


async def require_search_attributes(client: Client) -> None:
    """Raise ``SearchAttributesMissing`` unless every attribute is registered, or ``TemporalUnreachable``.

    A writer of the namespace may not list them: then the first start of a workflow tells.
    """
    try:
        missing = await _missing(client)
    except ListingRefused:
        log.warning("search attributes cannot be listed with this identity", namespace=client.namespace)
        return
    if missing:
        raise SearchAttributesMissing(
            f"search attributes are missing: {', '.join(missing)}. Run muster migrate"
        )


async def _missing(client: Client) -> tuple[str, ...]:
    """The names that the namespace does not know."""
    try:
        known = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=client.namespace)
        )
    except RPCError as error:
        refused = error.status in (RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED)
        kind = ListingRefused if refused else TemporalUnreachable
        raise kind(
            f"Temporal does not answer for the namespace {client.namespace}: {error.message}{sources()}"
        ) from error
    return tuple(key.name for key in REGISTRY if key.name not in known.custom_attributes)


def _by_hand(missing: Iterable[str]) -> str:
    """The commands with which somebody else can register what is missing."""
    kinds = {
        key.name: "Int" if key.indexed_value_type is SearchAttributeIndexedValueType.INT else "Keyword"
        for key in REGISTRY
    }
    commands = (
        f"tcld namespace search-attributes add --namespace NAMESPACE --search-attribute {name}={kinds[name]}"
        for name in missing
    )
    return "the service does not let Muster register search attributes; run:\n" + "\n".join(commands)
