"""What our own HTTP clients send and get, written down on its way."""

import ssl

import httpx

from muster.clients.transport import AiohttpTransport
from tests.schemas.exchange import Exchange, exchange_of


class Wire(httpx.AsyncBaseTransport):
    """The product's own transport; ``exchanges`` are relative to the interface's base path ``under``."""

    def __init__(self, *, under: str = "", verify: ssl.SSLContext | None = None) -> None:
        self.exchanges: list[Exchange] = []
        self._under = under
        self._transport = AiohttpTransport() if verify is None else AiohttpTransport(verify=verify)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send, read the whole answer, keep both."""
        response = await self._transport.handle_async_request(request)
        await response.aread()
        response.request = request
        self.exchanges.append(exchange_of(response, under=self._under))
        return response

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()
