"""Web API connections: where their headers may go, and whether their health address is well."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from sandbox.clock import Clock
from sandbox.company.automation import HttpHeader, WebApiConnection
from sandbox.pagerduty.web_requests import WebRequests
from sandbox.pagerduty.workflows.model import ConnectionCheck

CHECKED_WITHIN = 5
"""Seconds within which a health address must answer; PagerDuty names no number."""


def allows(connection: WebApiConnection, url: str) -> bool:
    """Whether the connection's headers may go to this address (*Allowed Hostnames*, without ports)."""
    host = host_of(url)
    return any(_is_named(host, pattern.lower()) for pattern in connection.allowed_hostnames)


def host_of(url: str) -> str:
    """The host of an address in small letters; empty if there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def header_lines(lines: str) -> tuple[HttpHeader, ...]:
    """Headers that were typed one per line; raises ValueError."""
    headers = []
    for line in filter(None, map(str.strip, lines.splitlines())):
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise ValueError(f"{line.partition(' ')[0]!r} is not a header")
        headers.append(HttpHeader(name=name.strip(), value=value.strip()))
    return tuple(headers)


def redacted(headers: Iterable[HttpHeader]) -> str:
    """As PagerDuty shows them (schema: *Redacted Authentication Headers*)."""
    return "\n".join(f"{header.name}: ****" for header in headers)


async def check(connection: WebApiConnection, requests: WebRequests, clock: Clock) -> ConnectionCheck:
    """Ask the health address with the connection's headers; any 2xx is healthy."""
    if not allows(connection, connection.health_check_url):
        return ConnectionCheck(
            at=clock.now(), is_healthy=False, message="The host is not among the allowed hostnames"
        )
    answer = await requests.send(
        connection.health_check_method,
        connection.health_check_url,
        {header.name: header.value for header in connection.headers},
        within=CHECKED_WITHIN,
    )
    is_healthy = answer.status is not None and 200 <= answer.status < 300
    message = "Healthy" if is_healthy else answer.error or f"Answered with status {answer.status}"
    return ConnectionCheck(at=clock.now(), is_healthy=is_healthy, message=message)


def _is_named(host: str, pattern: str) -> bool:
    if pattern.startswith("*."):
        return host.endswith(pattern[1:]) and host != pattern[1:]
    return host == pattern
