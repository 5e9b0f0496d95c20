"""A port that one process has picked is picked by no other, until the process ends."""

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from sandbox.up.servers.port_reservations import PortReservations

PORT = 21_209


def _reserve(file: Path, port: int, told: Connection) -> None:
    told.send(PortReservations(file).reserve(port))
    told.recv()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ports"


def _other_process(file: Path, port: int) -> tuple[bool, Callable[[], None]]:
    """Whether another process got the port, and what ends that process."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_reserve, args=(file, port, theirs))
    process.start()
    got = bool(ours.recv())

    def end() -> None:
        ours.send(None)
        process.join()

    return got, end


def test_a_port_is_reserved_against_other_processes_until_the_end_of_its_own(file: Path) -> None:
    got, end = _other_process(file, PORT)
    here = PortReservations(file)
    before, other = here.reserve(PORT), here.reserve(PORT + 1)
    end()
    assert (got, before, other) == (True, False, True)
    assert here.reserve(PORT)


def test_a_process_does_not_get_a_port_twice(file: Path) -> None:
    here = PortReservations(file)
    assert [here.reserve(PORT), here.reserve(PORT)] == [True, False]


def test_the_oldest_reservations_are_given_up_for_new_ones(file: Path) -> None:
    here = PortReservations(file)
    assert all(here.reserve(PORT + number) for number in range(301))
    (first, end_first), (second, end_second) = (_other_process(file, PORT + number) for number in (0, 1))
    end_first()
    end_second()
    assert (first, second) == (True, False)
