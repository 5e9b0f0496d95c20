"""Health over HTTP, and a server that leaves its process's signals alone."""

import contextlib
import signal
import socket

import httpx
import pytest

from muster.health import health_app
from muster.serving import CannotListen, serving
from sandbox.up.servers.ports import free_port
from tests.support.connections import async_client

pytestmark = pytest.mark.anyio


async def answers(app, *paths):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as http:
        return [
            (answer.status_code, answer.json() if answer.is_success else None)
            for answer in [await http.get(path) for path in paths]
        ]


async def test_without_checks_a_process_is_alive_and_nothing_else():
    found = await answers(health_app(), "/healthz", "/readyz", "/healthz/dependencies")
    assert found == [(200, {"status": "alive"}), (404, None), (404, None)]


async def test_a_closing_slash_is_served_and_not_redirected():
    port = free_port()
    async with (
        serving(health_app(), port=port),
        async_client(base_url=f"http://127.0.0.1:{port}") as http,
    ):
        for path in ("/healthz/", "/healthz//", "/metrics/"):
            assert (await http.get(path)).status_code == 200
        assert (await http.get("/healthz/")).json() == {"status": "alive"}
        assert (await http.get("/nowhere/")).status_code == 404


@pytest.mark.parametrize(("state", "status"), [("ok", 200), ("out of reach: OSError", 503)])
async def test_a_dependency_that_is_down_is_told_and_leaves_the_process_ready(state, status):
    async def check():
        return state

    async def fine():
        return "ok"

    app = health_app({"postgres": fine, "temporal": check})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as http:
        told = await http.get("/healthz/dependencies")
        assert (told.status_code, told.json()) == (status, {"postgres": "ok", "temporal": state})
        ready = await http.get("/readyz")
        assert (ready.status_code, ready.json()) == (200, {"status": "ready"})


async def test_a_server_in_a_block_answers_until_its_end_and_takes_no_signal():
    port, before = free_port(), [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    async with async_client(base_url=f"http://127.0.0.1:{port}") as http:
        async with serving(health_app(), port=port):
            assert (await http.get("/healthz")).json() == {"status": "alive"}
            assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == before
        with pytest.raises(httpx.ConnectError):
            await http.get("/healthz")


@pytest.mark.parametrize(
    ("host", "elsewhere"),
    [("127.0.0.2", "127.0.0.1"), ("0.0.0.0", None), ("localhost", None), ("::1", "127.0.0.1")],
)
async def test_it_answers_where_the_host_says(host, elsewhere):
    port = free_port()
    reached = f"[{host}]" if ":" in host else host.replace("0.0.0.0", "127.0.0.1")
    async with (
        async_client() as http,
        serving(health_app(), host=host, port=port),
    ):
        assert (await http.get(f"http://{reached}:{port}/healthz")).status_code == 200
        if elsewhere is not None:
            with pytest.raises(httpx.ConnectError):
                await http.get(f"http://{elsewhere}:{port}/healthz")


async def cannot_listen(host, port):
    """What an operator reads of it."""
    with pytest.raises(CannotListen) as refused:
        async with serving(health_app(), host=host, port=port):
            pass
    return str(refused.value)


async def test_a_port_that_is_taken_is_a_sentence():
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        said = await cannot_listen("127.0.0.1", port)
    assert said.startswith(f"nothing can listen at 127.0.0.1, port {port}: Address already in use")


@pytest.mark.parametrize(
    ("host", "reason"),
    [("192.0.2.1", "Cannot assign"), ("2001:db8::1", "Cannot assign"), ("nobody.invalid", "")],
)
async def test_a_host_that_is_not_ours_is_a_sentence(host, reason):
    said = await cannot_listen(host, port := free_port())
    assert said.startswith(f"nothing can listen at {host}, port {port}: {reason}")
    assert "None" not in said
    assert said.endswith("MUSTER_HOST and MUSTER_WORKER_HEALTH_PORT can name another place")
