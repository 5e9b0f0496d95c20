"""Sign a webhook and send it once."""

import asyncio
import hashlib
import hmac
import time
from dataclasses import dataclass

import httpx

from sandbox.clock import Clock
from sandbox.pagerduty.model import Attempt, Subscription
from sandbox.trust import trust

TIMEOUT = 5
"""Seconds within which a receiver must answer."""

_CONCURRENT = 32
"""Webhooks that are sent at the same time."""

_KEPT = 2000
"""Characters of a receiver's answer that are kept."""


@dataclass(frozen=True)
class Answer:
    """The result of sending, and the body of the receiver's answer."""

    attempt: Attempt
    body: str = ""


class WebhookSender:
    """Posts webhooks, at most ``_CONCURRENT`` at a time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._client = httpx.AsyncClient(verify=trust(), timeout=TIMEOUT, trust_env=False)
        self._slots = asyncio.Semaphore(_CONCURRENT)

    async def send(self, subscription: Subscription, webhook_id: str, body: bytes) -> Answer:
        """Sign the body, post it unchanged, and wait for the answer, at most ``TIMEOUT`` seconds."""
        async with self._slots:
            at, started = self._clock.now(), time.perf_counter()
            status, error, text = None, None, ""
            try:
                async with asyncio.timeout(TIMEOUT):
                    response = await self._client.post(
                        subscription.url, content=body, headers=_headers(subscription, webhook_id, body)
                    )
                status, text = response.status_code, response.text[:_KEPT]
            except TimeoutError:
                error = f"no answer within {TIMEOUT} s"
            except httpx.HTTPError as failure:
                error = f"{type(failure).__name__}: {failure}"
            ms = round((time.perf_counter() - started) * 1000)
        return Answer(Attempt(at=at, status=status, ms=ms, error=error), text)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def signature(secret: str, body: bytes) -> str:
    """The signature of the body, one value of ``X-PagerDuty-Signature``."""
    return "v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _headers(subscription: Subscription, webhook_id: str, body: bytes) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "User-Agent": "PagerDuty-Webhook/V3.0",
        "X-Webhook-Id": webhook_id,
        "X-Webhook-Subscription": subscription.id,
        "X-PagerDuty-Signature": ",".join(signature(secret, body) for secret in subscription.secrets),
    } | {header.name: header.value for header in subscription.custom_headers}
