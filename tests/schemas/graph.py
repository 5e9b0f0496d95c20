"""Microsoft Graph as Microsoft describes it."""

from functools import cache

from tests.schemas import structure
from tests.schemas.api import Content, Operation
from tests.schemas.dialects import OpenApi3
from tests.schemas.exchange import Exchange
from tools.schemas.originals import GRAPH


class GraphApi(OpenApi3):
    """The description of the calls that are used."""

    def permissions_of(self, exchange: Exchange) -> list[str]:
        """The application permissions of which a token needs one for this call."""
        permissions: list[str] = self._at(self.operation_of(exchange).place)["x-application-permissions"]
        return permissions

    def _answer(self, operation: Operation, status: int) -> Content | None:
        """Errors are all described as ``default``."""
        described = super()._answer(operation, status)
        if described is None and status >= 400:
            return self._content(self._resolved((*operation.place, "responses", "default")))
        return described


@cache
def graph_api() -> GraphApi:
    """The description, read once."""
    return GraphApi(structure(GRAPH))
