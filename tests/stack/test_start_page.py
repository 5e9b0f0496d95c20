"""The start page shows the parts and stops them on demand."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from sandbox.up.pages.start_page import PageLink, build_start_page, temporal_queries
from sandbox.up.supervision.parts import Part
from sandbox.up.supervision.supervisor import Supervisor
from tests.support.waiting import eventually

pytestmark = pytest.mark.anyio


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    supervisor = Supervisor(lambda *_: None, lambda: None)
    sleep = (sys.executable, "-c", "import time; time.sleep(60)")
    supervisor.start(Part(name="worker", command=sleep, log=tmp_path / "log", answers=lambda: True))
    places = [PageLink("Teams", "channels and chats", "http://127.0.0.1:8091")]
    attention = PageLink(
        "Needs attention", "Attention = 'degraded'", "/namespaces/default/workflows?query=Attention"
    )
    queries = temporal_queries("http://127.0.0.1:8233", [attention])
    app = build_start_page(supervisor, places, queries, tmp_path)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        yield client
    supervisor.kill()


async def test_the_start_page_links_the_places_and_the_queries(page: httpx.AsyncClient) -> None:
    html = (await page.get("/")).text
    assert 'href="http://127.0.0.1:8091"' in html
    assert 'href="http://127.0.0.1:8233/namespaces/default/workflows?query=Attention"' in html
    assert "Attention = &#39;degraded&#39;" in html
    assert "worker" in html


async def test_a_part_is_stopped_for_a_while(page: httpx.AsyncClient) -> None:
    before = (await page.get("/_sandbox/parts")).json()
    assert [(part["name"], part["state"], part["starts"]) for part in before] == [("worker", "up", 1)]

    answer = await page.post("/_sandbox/parts/worker", json={"stop_for": 30, "signal": "KILL"})
    assert answer.json() == {"name": "worker", "stop_for": 30, "signal": "KILL"}

    async def is_down() -> bool:
        (part,) = (await page.get("/_sandbox/parts")).json()
        return (part["state"], part["pid"]) == ("down", None)

    await eventually(is_down)

    answer = await page.post("/_sandbox/parts/worker", json={})
    assert answer.status_code == 409


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [("nobody", {}, 404), ("worker", {"signal": "HUP"}, 422), ("worker", {"stop_for": -1}, 422)],
)
async def test_what_makes_no_sense_is_refused(
    page: httpx.AsyncClient, name: str, body: dict[str, object], status: int
) -> None:
    assert (await page.post(f"/_sandbox/parts/{name}", json=body)).status_code == status


async def test_a_foreign_page_stops_no_part(page: httpx.AsyncClient) -> None:
    foreign = {"Origin": "https://evil.example"}
    answer = await page.post("/_sandbox/parts/worker", json={"stop_for": 20}, headers=foreign)
    assert answer.status_code == 403
