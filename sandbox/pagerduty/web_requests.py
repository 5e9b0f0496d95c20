"""Requests to other people's servers, for workflows and custom incident actions."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from sandbox.faults import FaultBook
from sandbox.trust import trust

LARGEST_ANSWER = 5_000_000
"""Bytes that an action may get (*Incident Workflows*, FAQ: 5 MB)."""
TOO_LARGE = "Encountered a system error after the action completed"
"""What PagerDuty says of a larger answer (the same)."""


@dataclass(frozen=True)
class WebAnswer:
    """What came back: a status and a body, or an error that says why nothing did."""

    status: int | None = None
    body: str = ""
    error: str = ""
    ms: int = 0


class WebRequests:
    """Sends requests; redirects are answers like any other."""

    def __init__(self, faults: FaultBook) -> None:
        self._faults = faults
        self._client = httpx.AsyncClient(verify=trust(), trust_env=False)

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], body: str = "", *, within: float
    ) -> WebAnswer:
        """Send once, and wait at most ``within`` seconds for the whole answer."""
        try:
            request = self._client.build_request(
                method, url, headers=dict(headers), content=body.encode(), timeout=within
            )
        except (httpx.InvalidURL, ValueError) as error:
            return WebAnswer(error=f"Not a request: {error}")
        fault = self._faults.take("web_request", {"method": method, "path": request.url.path})
        if fault is not None and fault.do == "slow":
            await asyncio.sleep(fault.seconds)
        answer = await self._exchange(request, within)
        if fault is not None and fault.do == "duplicate":
            answer = await self._exchange(request, within)
        if fault is not None and fault.do == "lose_answer":
            return WebAnswer(error="The connection was closed without an answer", ms=answer.ms)
        return answer

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _exchange(self, request: httpx.Request, within: float) -> WebAnswer:
        clock = asyncio.get_running_loop().time
        started, status, content, error = clock(), None, b"", ""
        try:
            async with asyncio.timeout(within):
                response = await self._client.send(request, stream=True)
                try:
                    async for piece in response.aiter_bytes():
                        content += piece
                        if len(content) > LARGEST_ANSWER:
                            content, error = b"", TOO_LARGE
                            break
                finally:
                    await response.aclose()
                status = response.status_code
        except (TimeoutError, httpx.TimeoutException):
            error = f"No answer within {within:g} s"
        except httpx.HTTPError as failure:
            error = f"{type(failure).__name__}: {failure}"
        ms = round((clock() - started) * 1000)
        return WebAnswer(status, content.decode(errors="replace"), error, ms)
