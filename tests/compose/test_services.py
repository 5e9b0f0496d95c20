"""The commands of the compose file, as plain processes: two APIs behind a balancer and two workers, each
stopped by SIGTERM and started again while incidents come in. Nothing is lost, and nothing is done twice.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

import pytest

from sandbox.company import Person
from sandbox.up.servers.ports import LOOPBACK, free_port
from sandbox.up.supervision.ready_file import company_entries
from tests.compose.balancer import Balancer
from tests.compose.installation import Container, Installation
from tests.compose.rolling import Cards, Stream, company_of_many_channels
from tests.support.connections import KEPT_SHORTLY, async_client
from tests.support.simulators import PagerDuty, Teams
from tests.support.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.anyio, pytest.mark.timeout(240)]

FIRST, SECOND = ("api-1", "worker-1"), ("api-2", "worker-2")
FEWEST = 40
"""Incidents, for the restarts to happen in the midst of them."""


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    installed = Installation(tmp_path_factory.mktemp("compose"), company_of_many_channels())
    with installed.running_stores():
        yield installed


class Fleet:
    """Two of each long-running process of the product."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._running: dict[str, Container] = {}
        self.api_ports = free_port(), free_port()
        api_1, api_2 = ({"MUSTER_HOST": LOOPBACK, "MUSTER_PORT": str(port)} for port in self.api_ports)
        worker_1, worker_2 = ({"MUSTER_WORKER_HEALTH_PORT": str(free_port())} for _ in range(2))
        self._own = {"api-1": api_1, "api-2": api_2, "worker-1": worker_1, "worker-2": worker_2}
        self.exit_codes: list[tuple[str, int]] = []
        self._threads = ThreadPoolExecutor()

    async def start(self, *names: str) -> None:
        """Start these, and wait until they are healthy."""
        await self._each(self._start, names)

    async def stop(self, *names: str) -> None:
        """Stop these gracefully."""
        await self._each(self._stop, names)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """All of them, stopped at the end."""
        try:
            await self.start(*self._own)
            yield
        finally:
            # What a test that failed was about to start or stop comes to its end first.
            self._threads.shutdown()
            self._threads = ThreadPoolExecutor()
            await self.stop(*self._running)

    async def _each(self, do: Callable[[str], None], names: Sequence[str]) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.gather(*(loop.run_in_executor(self._threads, do, name) for name in names))

    def _start(self, name: str) -> None:
        service = name.split("-")[0]
        self._running[name] = self._installation.start(service, name, **self._own[name])

    def _stop(self, name: str) -> None:
        self.exit_codes.append((name, self._running.pop(name).stop()))


@pytest.mark.soak
async def test_nothing_is_lost_while_every_process_is_restarted(installation: Installation) -> None:
    entries = company_entries(installation.company, installation.addresses, installation.ca)
    fleet, bo = Fleet(installation), _person(installation, "Bo Call")
    balancer = Balancer(fleet.api_ports)
    async with (
        async_client(timeout=30, limits=KEPT_SHORTLY) as http,
        balancer.serving(installation.addresses.api_port),
    ):
        pagerduty, teams = PagerDuty(http, entries), Teams(http, entries)
        stream = Stream(pagerduty, teams, Cards(teams), bo)
        async with fleet.running():
            await _restart_under(stream, fleet)
            total = len(stream.incidents)
            await eventually(lambda: stream.cards.all_resolved(total), within=60)
        # Read again, now that nothing can follow any more.
        cards, records = Cards(teams), await pagerduty.records()
        shown = {number: await cards.of(number) for number in stream.incidents}

    assert total >= FEWEST
    assert all(balancer.served.values())
    assert sorted(fleet.exit_codes) == sorted((name, 0) for name in 2 * (FIRST + SECOND))

    assert Counter(webhook["state"] for webhook in records["webhooks"]).keys() == {"delivered"}
    for number, found in shown.items():
        (card,) = found
        assert not card.deleted, number
        assert _news(card.replies) == ([] if card.came_late else ["Resolved"]), number
        assert _is_forward(card.said), (number, card.said)
    changes = _changes(records)
    for number, incident in stream.incidents.items():
        who = bo.pagerduty_user if number in stream.clicked else installation.company.api_user
        assert changes[incident] == [
            (who, "acknowledged"),
            (installation.company.api_user, "resolved"),
        ], number


async def _restart_under(stream: Stream, fleet: Fleet) -> None:
    """Stop and start one pair and then the other in the midst of the stream, and let it come to its end."""
    enough = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(stream.flow(enough))
        for pair in (FIRST, SECOND):
            await _until_more(stream)
            await fleet.stop(*pair)
            await fleet.start(*pair)
        await _until_more(stream)
        enough.set()


async def _until_more(stream: Stream) -> None:
    """So many more incidents that a third of the fewest has come in."""
    wanted = len(stream.incidents) + FEWEST // 3 + 1

    async def come() -> bool:
        return len(stream.incidents) >= wanted

    await eventually(come, within=60)


def _person(installation: Installation, name: str) -> Person:
    return next(person for person in installation.company.people if person.name == name)


def _news(replies: tuple[str, ...]) -> list[str]:
    """What the replies in a card's thread announce: the first word after the symbol."""
    return [reply.split()[1] for reply in replies]


def _is_forward(said: tuple[str, ...]) -> bool:
    """Whether the versions of a card go from triggered over acknowledged to resolved and never back."""
    order = ("Triggered", "Acknowledged", "Resolved")
    steps = [next(i for i, word in enumerate(order) if word in line) for line in said]
    return steps == sorted(steps)


def _changes(records: Mapping[str, Any]) -> dict[str, list[tuple[str, str]]]:
    """By incident: who told PagerDuty which status, in order."""
    changes: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for write in records["writes"]:
        if write["method"] == "PUT" and write["status"] == 200:
            incident = write["path"].rpartition("/")[2]
            changes[incident].append((write["user"], write["body"]["incident"]["status"]))
    return changes
