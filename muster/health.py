"""The health port of a process that has no other: alive means that its event loop turns."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web


@asynccontextmanager
async def health_server(port: int | None) -> AsyncIterator[None]:
    """Answer ``GET /healthz`` on loopback while the block runs; nothing without a port."""
    if port is None:
        yield
        return

    async def alive(_request: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    application = web.Application()
    application.router.add_get("/healthz", alive)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield
    finally:
        await runner.cleanup()
