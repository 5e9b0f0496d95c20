"""``GET /v1/operations/{operation}``: how far a call is that was answered 202, and how it ended."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel

from api.public.errors import ApiError, errors
from api.public.public_api import PublicApi
from api.public.route import Caller
from api.public.tenants import Tenants
from muster.cards.operations import error_of, summary_of
from muster.store import operations
from workflows.operation.state import Ended, OperationKey

_ID = "^[0-9a-f]{16}$"
"""What ``idempotency.Call`` draws."""


class OperationAnswer(BaseModel):
    """An operation, in the names that PagerDuty's own actions give their outputs."""

    id: str
    state: Literal["working", "done", "failed", "unknown"]
    """``unknown``: it was sent and its answer lost; it is not sent again."""
    result: Literal["Success", "Failed"] | None
    """``null`` while it is working."""
    result_summary: str | None
    error: str | None
    url: str | None
    """Of what was made, where it can be opened."""


def operation_answer(id: str, kind: str, ended: Ended | None, *, policy: str = "") -> OperationAnswer:
    """An operation of this kind as its callers read it.

    ``policy``: the commands that let Muster make meetings, where it was not allowed to.
    """
    if ended is None:
        return OperationAnswer(id=id, state="working", result=None, result_summary=None, error=None, url=None)
    return OperationAnswer(
        id=id,
        state=ended.outcome,
        result="Success" if ended.outcome == "done" else "Failed",
        result_summary=summary_of(kind, ended),
        error=error_of(kind, ended, policy=policy),
        url=ended.url or None,
    )


def operations_router(api: PublicApi) -> APIRouter:
    """The routes."""
    router, tenants = api.router(), Tenants(api)

    @router.get("/v1/operations/{operation}", summary="How an operation stands", responses=errors(404))
    async def get(operation: Annotated[str, Path(pattern=_ID)], caller: Caller) -> OperationAnswer:
        """How far it is, and how it ended. Operations are kept for 30 days."""
        found = await operations.find(api.pool, OperationKey(account=caller.account, key=operation))
        if found is None:
            raise ApiError(404, "there is no such operation")
        policy = tenants.policy_of(caller.account)
        return operation_answer(found.key, found.kind, found.ended, policy=policy)

    return router
