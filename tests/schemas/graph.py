"""Microsoft Graph as Microsoft describes it."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from tests.schemas import structure
from tests.schemas.api import Content, Operation, Parameter
from tests.schemas.dialects import OpenApi3
from tests.schemas.exchange import Exchange
from tools.schemas.originals import GRAPH

_OF_READS = ("$select", "$filter", "$orderby", "$top", "$skip", "$skiptoken")


class GraphApi(OpenApi3):
    """The description of the calls that are used."""

    def permissions_of(self, exchange: Exchange) -> list[str]:
        """The application permissions of which a token needs one for this call."""
        permissions: list[str] = self._at(self.operation_of(exchange).place)["x-application-permissions"]
        return permissions

    def _parameters(self, operation: Operation) -> Iterator[Parameter]:
        """Every read takes OData's parameters, which the description leaves out."""
        yield from super()._parameters(operation)
        if operation.method == "GET":
            for name in _OF_READS:
                yield Parameter(name=name, where="query", required=False, schema={"type": "string"})

    def _answer(self, operation: Operation, status: int) -> Content | None:
        """Errors are all described as ``default``."""
        described = super()._answer(operation, status)
        if described is None and status >= 400:
            return self._content(self._resolved((*operation.place, "responses", "default")))
        return described


@cache
def graph_api() -> GraphApi:
    """The description, read once."""
    return GraphApi(_with_null_types(structure(GRAPH)))


def _with_null_types(described: Any) -> Any:
    """The description with OpenAPI 3.0's ``nullable``, which JSON Schema does not know, as types."""
    if isinstance(described, list):
        return [_with_null_types(one) for one in described]
    if not isinstance(described, dict):
        return described
    changed = {name: _with_null_types(one) for name, one in described.items()}
    if changed.get("nullable") is True and isinstance(changed.get("type"), str):
        changed["type"] = [changed["type"], "null"]
    elif changed.pop("nullable", False) is True and "allOf" in changed:
        return {"anyOf": [changed, {"type": "null"}]}
    return changed
