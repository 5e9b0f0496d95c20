"""Health of the API's dependencies."""

from collections.abc import Mapping

from api.gateway import Gateway
from muster.health import Check
from muster.store.pool import UNAVAILABLE, Pool
from muster.temporal.attempts import TemporalUnavailable


def dependency_checks(pool: Pool, gateway: Gateway) -> Mapping[str, Check]:
    """A check for each dependency, by its name in ``/healthz/dependencies``."""

    async def postgres() -> str:
        try:
            await pool.fetchval("SELECT 1")
        except UNAVAILABLE as error:
            return f"out of reach: {type(error).__name__}"
        return "ok"

    async def temporal() -> str:
        try:
            await gateway.check_health()
        except TemporalUnavailable as error:
            return f"out of reach: {error}"
        return "ok"

    return {"postgres": postgres, "temporal": temporal}
