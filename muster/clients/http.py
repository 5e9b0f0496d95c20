"""Connection pools, and one exchange over them with its failures typed by their condition.

What matters most about a failed exchange is whether its request may have had an effect. A failure
before anything was sent is ``ProviderUnavailable``. Later the answer is lost: ``OutcomeUnknown``,
unless the request is *repeatable*, that is, doing it twice is the same as doing it once.
"""

import asyncio
import email.utils
import math
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import structlog

from muster.clients.transport import AiohttpTransport, NoWayOut
from muster.clients.way_out import WayOut
from muster.lenient_json import read_json
from muster.logging import CORRELATION_HEADER, correlation_id
from workflows.errors import (
    Conflict,
    CredentialRejected,
    Forbidden,
    NotFound,
    OutcomeUnknown,
    OutsideError,
    ProviderUnavailable,
    RateLimited,
    RequestInvalid,
)

log = structlog.stdlib.get_logger(__name__)

_BY_STATUS: dict[int, type[OutsideError]] = {
    401: CredentialRejected,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    412: Conflict,
    429: RateLimited,
}

_LONGEST_WAIT = 3600.0
"""The longest wait, in seconds. A provider that asks for more is called again after it."""


def open_pool(
    way: WayOut | None = None, *, transport: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient:
    """A connection pool; the composition root closes it.

    Without a ``way`` it is the straight one, with the system's certificate authorities. The environment's
    proxies and ``.netrc`` are ignored, and redirects are not followed: a token must go to the configured
    address and nowhere else. ``transport`` is the seam for tests.
    """
    return _Pool(
        trust_env=False,
        transport=transport or _transport(way),
        event_hooks={"request": [_add_correlation_id]},
    )


def _transport(way: WayOut | None) -> AiohttpTransport:
    return AiohttpTransport() if way is None else AiohttpTransport(verify=way.trust, proxy=way.proxy)


class _Pool(httpx.AsyncClient):
    """Builds requests, or says that one cannot be written: nothing of it was sent."""

    def build_request(self, method: str, url: httpx.URL | str, **content: Any) -> httpx.Request:
        """As httpx does; raises ``RequestInvalid`` for what HTTP or JSON cannot carry."""
        try:
            request = super().build_request(method, url, **content)
        except (ValueError, TypeError, httpx.InvalidURL) as error:
            # Not chained: the error's text may quote a header's value, which may be a token.
            raise RequestInvalid(f"the request cannot be written: {type(error).__name__}") from None
        if not all(is_header_value(value) for _, value in request.headers.multi_items()):
            raise RequestInvalid("the request cannot be written: a header has a control character")
        return request


def is_header_value(text: str) -> bool:
    """Whether a header can carry this text: printable ASCII, which every server reads alike."""
    return text.isascii() and text.isprintable()


async def _add_correlation_id(request: httpx.Request) -> None:
    current = correlation_id.get()
    if current is not None and is_header_value(current):
        request.headers[CORRELATION_HEADER] = current


async def exchange(
    pool: httpx.AsyncClient, request: httpx.Request, *, provider: str, within: float, repeatable: bool
) -> httpx.Response:
    """Send ``request`` and read its answer, whatever its status, in at most ``within`` seconds.

    Raises ``ProviderUnavailable``, ``OutcomeUnknown``, or ``RequestInvalid`` where the request cannot
    even be written. Every exchange is one line of the log, without its address: that names people.
    """
    told = log.bind(provider=provider, method=request.method)
    began = time.monotonic()
    try:
        response = await _answer(pool, request, provider=provider, within=within, repeatable=repeatable)
    except OutsideError as error:
        told.info("exchange", failure=type(error).__name__, ms=_since(began))
        if isinstance(error.__context__, NoWayOut):
            told.error("no way out", problem=str(error))
        raise
    told.info("exchange", status=response.status_code, ms=_since(began))
    return response


async def _answer(
    pool: httpx.AsyncClient, request: httpx.Request, *, provider: str, within: float, repeatable: bool
) -> httpx.Response:
    # Waiting for a free connection and connecting have shorter limits than the whole exchange. So a request
    # that has used up the whole time was sent, or may have been.
    limits = httpx.Timeout(within, pool=within / 4, connect=within / 2)
    request.extensions["timeout"] = limits.as_dict()
    # Not chained: the texts of other libraries quote addresses, with people's names or a proxy's password.
    # Temporal keeps the whole chain of a failure.
    try:
        async with asyncio.timeout(within):
            return await pool.send(request)
    except (httpx.UnsupportedProtocol, httpx.LocalProtocolError):
        raise RequestInvalid(f"the request to {provider} cannot be written") from None
    except NoWayOut as error:
        raise ProviderUnavailable(f"{provider} cannot be reached: {error}") from None
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
        raise ProviderUnavailable(f"{provider} cannot be reached") from None
    except TimeoutError:
        raise _lost(repeatable)(f"{provider} did not answer within {within:g} s") from None
    except httpx.HTTPError:
        raise _lost(repeatable)(f"the answer of {provider} was lost") from None


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def refusal(
    response: httpx.Response,
    *,
    provider: str,
    repeatable: bool,
    code: str | None,
    by_code: Mapping[str, type[OutsideError]],
    says: str | None = None,
) -> OutsideError:
    """The error for an answer that says no success.

    ``code`` is the provider's own error code; where ``by_code`` knows it, it decides, else the status. A
    server that failed has decided nothing, whatever its body says. ``says`` is what the provider says of it.
    """
    status = response.status_code
    failed = status == 408 or status >= 500
    kind = None if failed else by_code.get(code or "") or _BY_STATUS.get(status, RequestInvalid)
    if kind is None or kind is OutcomeUnknown:
        kind = _lost(repeatable)
    error = refused_as(kind, response, provider=provider, code=code, says=says)
    if kind is RequestInvalid and error.refusal is None:
        error.code = f"HTTP {status}"  # it was answered: that tells it from one that cannot be written
    return error


def refused_as(
    kind: type[OutsideError],
    response: httpx.Response,
    *,
    provider: str,
    code: str | None,
    says: str | None = None,
) -> OutsideError:
    """The error of this kind for an answer that says no success, with the wait that it asks for."""
    text = f"{provider} answered {response.status_code}" + (f" ({code})" if code else "")
    return kind(text, code=code, retry_after=_retry_after(response), says=says)


def broken_contract(provider: str, what: str, *, repeatable: bool) -> OutsideError:
    """The error for an answer that says success and lacks what it must hold."""
    return _lost(repeatable)(f"{provider} broke its contract: {what}")


def json_object(response: httpx.Response) -> dict[str, Any]:
    """The answer's JSON object; empty where there is none, since error pages need not be JSON."""
    try:
        body = read_json(response.content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _lost(repeatable: bool) -> type[OutsideError]:
    return ProviderUnavailable if repeatable else OutcomeUnknown


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds to wait, from ``Retry-After`` (seconds or a date) or PagerDuty's ``ratelimit-reset``.

    Every answer has the latter. It asks to wait only in an answer with status 429.
    """
    text = response.headers.get("retry-after")
    if text is None and response.status_code == 429:
        text = response.headers.get("ratelimit-reset")
    seconds = _seconds(text) if text else None
    if seconds is None or not math.isfinite(seconds) or seconds < 0:
        return None
    return min(seconds, _LONGEST_WAIT)


def _seconds(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        pass
    moment = date_of(text)
    return None if moment is None else (moment - datetime.now(UTC)).total_seconds()


def date_of(text: str) -> datetime | None:
    """The moment that a header like ``Date`` tells; ``None`` where it tells none."""
    try:
        return email.utils.parsedate_to_datetime(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
