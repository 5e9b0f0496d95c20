"""A data folder takes its usual ports again, and says which it could not have, and why."""

import errno
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import chain, count
from pathlib import Path

import pytest

from sandbox.ports import read_ports
from sandbox.up import addresses
from sandbox.up.addresses import PORTS, Addresses
from sandbox.up.configured_places import ConfiguredPlaces
from sandbox.up.kept_ports import PortTaken, take_ports
from sandbox.up.servers.ports import LOOPBACK, free_port, why_not

ELSEWHERE = "127.0.0.2"
"""An address of this machine that is not the one of the embedded parts."""
two_addresses = pytest.mark.skipif(
    why_not(ELSEWHERE, 0) is not None, reason="only Linux has all of 127.0.0.0/8"
)
PARTS = {port.part for port in PORTS.values()} - {"playground"}


@pytest.fixture
def taken_ports() -> Iterator[ExitStack]:
    """Sockets that are closed at the end of the test."""
    with ExitStack() as exits:
        yield exits


@pytest.fixture
def well_known(monkeypatch: pytest.MonkeyPatch) -> Addresses:
    """Free ports in the place of 8080 and so on, which another stack may have."""
    free = Addresses.pick(usual=False)
    named = {name: replace(port, well_known=getattr(free, name)) for name, port in PORTS.items()}
    monkeypatch.setattr(addresses, "PORTS", named)
    monkeypatch.setattr("sandbox.up.kept_ports.PORTS", named)
    return free


def listen(taken_ports: ExitStack, port: int) -> socket.socket:
    return taken_ports.enter_context(socket.create_server((LOOPBACK, port)))


def take(folder: Path, *, any_ports: bool = False) -> tuple[Addresses, list[PortTaken]]:
    folder.mkdir(exist_ok=True)
    return take_ports(folder / "ports.json", PARTS, well_known=not any_ports)


def test_a_first_start_takes_the_well_known_ports_and_later_ones_the_same(
    tmp_path: Path, well_known: Addresses
) -> None:
    expected = replace(well_known, playground_port=0)
    for _ in range(2):
        picked, taken = take(tmp_path)
        assert (replace(picked, playground_port=0), taken) == (expected, [])
    assert stat.S_IMODE((tmp_path / "ports.json").stat().st_mode) == 0o600
    assert "playground_port" not in read_ports(tmp_path / "ports.json").usual


def test_a_usual_port_is_left_while_it_is_taken_and_taken_when_it_is_free(
    tmp_path: Path, taken_ports: ExitStack, well_known: Addresses
) -> None:
    take(tmp_path)
    with listen(taken_ports, well_known.api_port):
        picked, (taken,) = take(tmp_path)
        assert picked.api_port not in (0, well_known.api_port)
        assert str(taken).startswith(f"port {well_known.api_port} is taken")
        assert str(taken).endswith(f": the product's API is at {picked.api_port} this time")
        assert taken.part == "api"
        assert replace(picked, api_port=1, playground_port=1) == replace(
            well_known, api_port=1, playground_port=1
        )
        assert read_ports(tmp_path / "ports.json").now["api_port"] == picked.api_port
    assert take(tmp_path)[0].api_port == well_known.api_port


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="only Linux tells who listens")
def test_who_has_the_port_is_named(tmp_path: Path, taken_ports: ExitStack, well_known: Addresses) -> None:
    listen(taken_ports, well_known.teams_port)
    _, (taken,) = take(tmp_path)
    assert taken.by is not None
    assert taken.by.endswith(f" (process {os.getpid()})")
    assert f" is taken by {taken.by}: Teams is at " in str(taken)


def test_what_a_first_start_got_instead_is_its_usual_port(
    tmp_path: Path, taken_ports: ExitStack, well_known: Addresses
) -> None:
    with listen(taken_ports, well_known.api_port):
        first, (taken,) = take(tmp_path)
        assert str(taken).endswith(f"is at {first.api_port} from now on")
        assert take(tmp_path)[1] == []
    assert take(tmp_path)[0].api_port == first.api_port


def test_any_ports_are_kept_and_no_well_known_one_is_taken(tmp_path: Path, well_known: Addresses) -> None:
    known = {getattr(well_known, name) for name in PORTS}
    first, _ = take(tmp_path / "any", any_ports=True)
    again, taken = take(tmp_path / "any", any_ports=True)
    assert (again.api_port, again.temporal_port, taken) == (first.api_port, first.temporal_port, [])
    take(tmp_path / "known")
    picked, taken = take(tmp_path / "known", any_ports=True)
    assert not known & {getattr(picked, name) for name in PORTS}
    assert taken == []
    assert take(tmp_path / "known")[0].api_port == well_known.api_port


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"usual": {"api_port": 99999}}', '{"usual": {"api_port": "x"}}']
)
def test_a_file_that_cannot_be_read_costs_the_usual_ports_alone(
    tmp_path: Path, well_known: Addresses, text: str
) -> None:
    (tmp_path / "ports.json").write_text(text)
    assert take(tmp_path)[0].api_port == well_known.api_port
    assert read_ports(tmp_path / "ports.json").usual["api_port"] == well_known.api_port


def test_parts_that_are_elsewhere_take_no_usual_port(
    tmp_path: Path, taken_ports: ExitStack, well_known: Addresses
) -> None:
    listen(taken_ports, well_known.temporal_port)
    picked, taken = take_ports(tmp_path / "ports.json", PARTS - {"temporal", "postgres"})
    assert (picked.api_port, taken) == (well_known.api_port, [])
    assert not {"temporal_port", "postgres_port"} & read_ports(tmp_path / "ports.json").usual.keys()


def test_a_port_by_chance_is_nobodys_usual_one(
    tmp_path: Path, taken_ports: ExitStack, well_known: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(tmp_path)
    chosen = chain([well_known.teams_port], count(12_000))
    listen(taken_ports, well_known.api_port)
    monkeypatch.setattr("random.choice", lambda _: next(chosen))
    picked, _ = take(tmp_path)
    assert (picked.api_port >= 12_000, picked.teams_port) == (True, well_known.teams_port)


@two_addresses
def test_a_port_is_looked_at_where_the_part_will_listen(
    tmp_path: Path, taken_ports: ExitStack, well_known: Addresses
) -> None:
    """Loopback's own port is free: somebody has those of another address of this machine."""
    for port in (well_known.api_port, well_known.teams_port):
        taken_ports.enter_context(socket.create_server((ELSEWHERE, port)))
    places = ConfiguredPlaces(api_host=ELSEWHERE)
    picked, (taken,) = take_ports(tmp_path / "ports.json", PARTS, configured=places)
    assert (taken.part, taken.wanted, taken.got) == ("api", well_known.api_port, picked.api_port)
    assert picked.teams_port == well_known.teams_port, "it listens on loopback"


@two_addresses
def test_the_workers_health_is_looked_at_where_it_will_listen(tmp_path: Path, taken_ports: ExitStack) -> None:
    first, _ = take_ports(tmp_path / "ports.json", PARTS)
    taken_ports.enter_context(socket.create_server((ELSEWHERE, first.worker_health_port)))
    places = ConfiguredPlaces(api_host=ELSEWHERE)
    picked, taken = take_ports(tmp_path / "ports.json", PARTS, configured=places)
    assert picked.worker_health_port != first.worker_health_port
    assert first.worker_health_port in {one.wanted for one in taken}


def test_a_host_that_is_not_of_this_machine_has_no_port() -> None:
    with pytest.raises(OSError, match=r"nothing can listen on 192\.0\.2\.1: "):
        free_port(host="192.0.2.1")


def test_a_name_can_be_listened_on_where_one_of_its_addresses_is_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here, not_here = ((socket.AF_INET, 1, 6, "", (host, 0)) for host in (LOOPBACK, "192.0.2.1"))
    found = [not_here, here]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: found)
    assert why_not("two-addresses", 0) is None
    found.remove(here)
    assert why_not("two-addresses", 0) == os.strerror(errno.EADDRNOTAVAIL)
