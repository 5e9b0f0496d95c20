"""Health: alive, ready, and how the dependencies are."""

from fastapi import APIRouter
from starlette.responses import JSONResponse

from api.gateway import Gateway, TemporalUnavailable
from muster.store.pool import UNAVAILABLE, Pool


def health_router(pool: Pool, gateway: Gateway) -> APIRouter:
    """``/healthz``, ``/readyz`` and ``/healthz/dependencies``.

    Ready does not look at dependencies: one that is down must not take every API out of the balancer.
    Keys and schema are checked before the API listens, so that answering at all means both are right.
    """
    router = APIRouter()

    @router.get("/healthz")
    async def alive() -> dict[str, str]:
        return {"status": "alive"}

    @router.get("/readyz")
    async def ready() -> dict[str, str]:
        return {"status": "ready"}

    @router.get("/healthz/dependencies")
    async def dependencies() -> JSONResponse:
        found = {"postgres": await _postgres(pool), "temporal": await _temporal(gateway)}
        return JSONResponse(found, status_code=200 if set(found.values()) == {"ok"} else 503)

    return router


async def _postgres(pool: Pool) -> str:
    try:
        await pool.fetchval("SELECT 1")
    except UNAVAILABLE as error:
        return f"out of reach: {type(error).__name__}"
    return "ok"


async def _temporal(gateway: Gateway) -> str:
    try:
        await gateway.check_health()
    except TemporalUnavailable as error:
        return f"out of reach: {error}"
    return "ok"
