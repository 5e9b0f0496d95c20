"""``/_sandbox``: the clock of targeted messages, and the switch that refuses them all."""

from typing import Annotated

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from sandbox.teams.state import Json
from sandbox.teams.targeted import STATUSES, Refused, TargetedMessages


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ClockChange(_Request):
    """By how many seconds to move the clock ahead."""

    advance: Annotated[float, Field(ge=0)]


class Switch(_Request):
    """What every call about a targeted message is answered from now on; None: what Teams answers."""

    refused: Refused | None


def targeted_router(targeted: TargetedMessages) -> APIRouter:
    """The routes under ``/_sandbox`` about targeted messages."""
    router = APIRouter(prefix="/_sandbox")

    @router.get("/clock")
    async def read_clock() -> Json:
        return _clock()

    @router.post("/clock")
    async def advance_clock(body: ClockChange) -> Json:
        targeted.advance(body.advance)
        return _clock()

    @router.post("/targeted", status_code=204)
    async def switch(body: Switch) -> None:
        if body.refused is not None and body.refused.status not in STATUSES:
            allowed = ", ".join(map(str, sorted(STATUSES)))
            raise HTTPException(422, f'"status" must be one of {allowed}')
        targeted.refused = body.refused

    def _clock() -> Json:
        now = targeted.clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {"now": now, "ahead": targeted.clock.ahead.total_seconds()}

    return router
