"""``GET`` and ``HEAD /v1/health``: what a connection of PagerDuty's workflows asks about its token."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from api.public.public_api import PublicApi
from api.public.route import Caller


class Health(BaseModel):
    """The token works."""

    status: Literal["ok"] = "ok"
    account: str
    """PagerDuty's account that the token acts for."""


def health_router(api: PublicApi) -> APIRouter:
    """The routes."""
    router = api.router()

    @router.get("/v1/health", summary="Check the token")
    @router.head("/v1/health", summary="Check the token, without a body")
    async def health(caller: Caller) -> Health:
        """Whether the token works."""
        return Health(account=caller.account)

    return router
