"""One webhook, signed and sent once."""

import asyncio
import hashlib
import hmac
import time
from dataclasses import dataclass

import httpx

from sandbox.clock import Clock
from sandbox.pagerduty.model import Attempt, Subscription

TIMEOUT = 5
"""Seconds in which a receiver must have answered."""

_AT_ONCE = 32
"""Webhooks on the way at the same time."""

_SHOWN = 2000
"""Bytes of a receiver's answer that are kept."""


@dataclass(frozen=True)
class Answer:
    """What came of sending, and what the receiver said."""

    attempt: Attempt
    body: str = ""


class Sender:
    """Posts webhooks; slow receivers hold up nobody but the ones waiting behind ``_AT_ONCE`` of them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._client = httpx.AsyncClient(timeout=TIMEOUT, trust_env=False)
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def send(self, subscription: Subscription, webhook_id: str, body: str) -> Answer:
        """Sign and post the body as it is, and wait for the answer or the end of PagerDuty's patience."""
        raw = body.encode()
        async with self._slots:
            at, started = self._clock.now(), time.perf_counter()
            status, error, text = None, None, ""
            try:
                async with asyncio.timeout(TIMEOUT):
                    response = await self._client.post(
                        subscription.url, content=raw, headers=_headers(subscription, webhook_id, raw)
                    )
                status, text = response.status_code, response.text[:_SHOWN]
            except TimeoutError:
                error = f"no answer within {TIMEOUT} s"
            except httpx.HTTPError as failure:
                error = f"{type(failure).__name__}: {failure}"
            ms = round((time.perf_counter() - started) * 1000)
        return Answer(Attempt(at=at, status=status, ms=ms, error=error), text)

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.aclose()


def signature(secret: str, body: bytes) -> str:
    """One value of ``X-PagerDuty-Signature``."""
    return "v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _headers(subscription: Subscription, webhook_id: str, body: bytes) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "User-Agent": "PagerDuty-Webhook/V3.0",
        "X-Webhook-Id": webhook_id,
        "X-Webhook-Subscription": subscription.id,
        "X-PagerDuty-Signature": ",".join(signature(secret, body) for secret in subscription.secrets),
    } | {header.name: header.value for header in subscription.custom_headers}
