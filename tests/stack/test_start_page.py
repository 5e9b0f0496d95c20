"""The start page shows the parts and stops them on demand."""

import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.up.pages.links import PageLink, below
from sandbox.up.pages.next_step import next_step
from sandbox.up.pages.start_page import PageContent, StartPage, build_start_page
from sandbox.up.start_refused import StartRefused
from sandbox.up.supervision.parts import Part
from sandbox.up.supervision.supervisor import Supervisor
from tests.support.pagerduty_account import Receiver, running_account
from tests.support.waiting import eventually

pytestmark = pytest.mark.anyio


SAYS = """
import time
for number in range(20):
    print(f"line {number}", flush=True)
print("x" * 5000, flush=True)
time.sleep(60)
"""


@asynccontextmanager
async def started_page(folder: Path, **content: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A start page with one part, which has written to its log."""
    supervisor = Supervisor(lambda *_: None, lambda: None)
    log = folder / "worker.log"
    says = (sys.executable, "-c", SAYS)
    supervisor.start(Part(name="worker", command=says, log=log, answers=lambda: "xxx" in log.read_text()))
    attention = PageLink(
        "Needs attention", "Attention = 'degraded'", "/namespaces/default/workflows?query=Attention"
    )
    shown = PageContent(
        data=folder,
        links=[PageLink("Teams", "channels and chats", "http://127.0.0.1:8091")],
        queries=below("http://127.0.0.1:8233/", [attention]),
        **content,
    )
    app = build_start_page(supervisor, shown, lambda name: folder / f"{name}.log")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        yield client
    supervisor.kill()


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with started_page(tmp_path) as client:
        yield client


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


async def test_each_part_shows_the_end_of_its_log(page: httpx.AsyncClient) -> None:
    (part,) = (await page.get("/_sandbox/page")).json()["parts"]
    assert part["log"][:3] == ["line 17", "line 18", "line 19"]
    (cut,) = part["log"][3:]
    assert len(cut) == 300
    assert cut.endswith("x…")


async def test_a_part_without_a_log_shows_none(page: httpx.AsyncClient, tmp_path: Path) -> None:
    (tmp_path / "worker.log").unlink()
    (part,) = (await page.get("/_sandbox/page")).json()["parts"]
    assert part["log"] == []


async def test_webhooks_that_wait_are_told_or_that_nobody_knows(tmp_path: Path) -> None:
    async with running_account(receiver=Receiver(answers=[503] * 50)) as account:
        await account.trigger()
        async with started_page(tmp_path, pagerduty=account.url) as page:

            async def is_told() -> bool:
                waiting = (await page.get("/_sandbox/page")).json()["webhooks"]
                return any(one["attempts"] for one in waiting)

            await eventually(is_told)
            (told,) = (await page.get("/_sandbox/page")).json()["webhooks"]
            assert (told["event_type"], told["state"]) == ("incident.triggered", "waiting")
            assert told["attempts"][0]["status"] == 503
    async with started_page(tmp_path, pagerduty=account.url) as page:
        assert (await page.get("/_sandbox/page")).json()["webhooks"] is None


async def test_a_stack_with_nothing_connected_says_what_to_do(tmp_path: Path) -> None:
    async with started_page(tmp_path, next_step=next_step("Ada Ops")) as page:
        html = (await page.get("/")).text
    assert "Nothing is connected yet. In Teams, as Ada Ops, add Muster to a team" in html
    assert "docs/setting-up.md" in html


async def test_real_registrations_show_their_addresses_and_what_is_wrong(tmp_path: Path) -> None:
    given = [PageLink("PagerDuty, account acme", "URL", "https://muster.example/webhooks/pagerduty/acme")]
    async with started_page(tmp_path, given=given, problems=["acme: REFUSED: <b>"]) as page:
        html = (await page.get("/")).text
    assert "https://muster.example/webhooks/pagerduty/acme" in html
    assert "acme: REFUSED: &lt;b&gt;" in html
    assert "Webhooks that wait" not in html


def test_a_start_page_that_cannot_listen_stops_the_start(tmp_path: Path) -> None:
    app = build_start_page(
        Supervisor(lambda *_: None, lambda: None), PageContent(data=tmp_path, links=[]), tmp_path.joinpath
    )
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartRefused, match=f"cannot listen on port {port}"):
            StartPage(app, port).start(lambda: False)
