"""What a process counts for Prometheus. Labels are few and known: no ids, and no texts that others wrote."""

from prometheus_client import CONTENT_TYPE_LATEST, Counter, generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

QUARANTINED_EVENTS = Counter(
    "muster_quarantined_events",
    "Signed events of PagerDuty that could not be used and are kept in quarantine.",
    ["account"],
)
DROPPED_CONNECTIONS = Counter(
    "muster_dropped_connections",
    "Connections that the server ended because they were late or too many, by what they were at.",
    ["phase"],
)


def metrics_route() -> Route:
    """``GET /metrics``: what this process has counted since it started, in Prometheus's text format."""
    return Route("/metrics", _metrics)


async def _metrics(_request: Request) -> Response:
    return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
