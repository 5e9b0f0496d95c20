"""A thousand callers that hold a connection each, at the process that ``muster serve`` starts."""

import asyncio
import os
import resource
import signal
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from muster.seed import seed
from sandbox.up.servers.ports import free_port
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.support.company import company
from tests.support.connections import async_client
from tests.support.settings import KEYS, config_file, settings_for
from tests.support.waiting import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.soak]

HELD = 1000
HALVES = (
    b"",
    b"POST /api/messages HTTP/1.1\r\nHost: mus",
    b"POST /api/messages HTTP/1.1\r\nHost: muster\r\nContent-Type: application/json\r\n"
    b"Content-Length: 20000\r\n\r\n" + b"x" * 10_000,
    b"GET /healthz HTTP/1.1\r\nHost: muster\r\n\r\n",
)


@asynccontextmanager
async def api(
    database_url: str, temporal: EmbeddedTemporal, folder: Path, *, files: str
) -> AsyncIterator[tuple[httpx.AsyncClient, int, Path]]:
    """``muster serve``: a client, its port and what it writes; ``files`` is for ``ulimit``."""
    await seed(settings_for(database_url, temporal.address), company())
    port, written = free_port(), folder / "log"
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "DATABASE_URL": database_url,
        "TEMPORAL_ADDRESS": temporal.address,
        "MUSTER_KEYS": KEYS,
        "MUSTER_DATABASE_POOLER": os.environ.get("MUSTER_DATABASE_POOLER", "none"),
        "MUSTER_CONFIG": config_file(folder),
        "MUSTER_PORT": str(port),
    }
    limited = f"ulimit {files}; exec {sys.executable} -m muster.cli serve"
    with written.open("w") as log:
        process = await asyncio.create_subprocess_exec(
            "/bin/sh", "-c", limited, env=environment, stdout=log, stderr=log
        )
    try:
        async with async_client(base_url=f"http://127.0.0.1:{port}") as http:

            async def ready() -> bool:
                try:
                    return (await http.get("/readyz")).is_success
                except httpx.TransportError:
                    return False

            await eventually(ready, within=40)
            yield http, port, written
    finally:
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(20):
            await process.wait()


async def slowest(http: httpx.AsyncClient) -> float:
    """Seconds that nine of ten answers take at most, each on a new connection."""
    taken = []
    for _ in range(40):
        began = time.perf_counter()
        assert (await http.get("/readyz", headers={"Connection": "close"})).is_success
        taken.append(time.perf_counter() - began)
    return statistics.quantiles(taken, n=10)[-1]


@pytest.mark.skipif(resource.getrlimit(resource.RLIMIT_NOFILE)[1] < 4096, reason="needs as many files")
@pytest.mark.pooler_too
async def test_a_thousand_held_connections_delay_nobody_and_are_gone_after_fifteen_seconds(
    database_url: str, temporal: EmbeddedTemporal, tmp_path: Path
) -> None:
    """The process begins with fewer files than that, and allows itself more."""
    async with api(database_url, temporal, tmp_path, files="-Sn 256") as (http, port, written):
        alone = await slowest(http)
        began = time.monotonic()
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(HELD)]
        for number, (_, writer) in enumerate(held):
            writer.write(HALVES[number % len(HALVES)])
        beside = await slowest(http)
        assert beside < alone + 0.05
        async with asyncio.timeout(20):
            for reader, writer in held:
                while await ends(reader):
                    continue
                writer.transport.abort()
        assert time.monotonic() - began < 15
        assert await slowest(http) < alone + 0.05
    lines = written.read_text()
    assert "Traceback" not in lines
    assert '"level": "error"' not in lines
    assert len(lines) < 5000


async def test_a_process_with_few_files_keeps_some_for_whoever_brings_a_request(
    database_url: str, temporal: EmbeddedTemporal, tmp_path: Path
) -> None:
    async with api(database_url, temporal, tmp_path, files="-n 160") as (http, port, written):
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(400)]
        for _ in range(20):
            assert (await http.get("/readyz", headers={"Connection": "close"})).is_success
        assert (await http.get("/healthz/dependencies")).json() == {"postgres": "ok", "temporal": "ok"}
        for _, writer in held:
            writer.transport.abort()
    lines = written.read_text()
    assert "Traceback" not in lines
    assert "Too many open files" not in lines


async def ends(reader: asyncio.StreamReader) -> bytes:
    """What comes next; nothing at the end."""
    try:
        return await reader.read(1000)
    except ConnectionError:
        return b""
