"""A set-up that is stopped at any moment, or started twice, leaves nothing that breaks a later one."""

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.tools.small_checkout import PYTHON, SmallCheckout

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

KILLS = 10


@pytest.fixture
def fresh(tmp_path: Path) -> SmallCheckout:
    return SmallCheckout(tmp_path)


def forget(checkout: SmallCheckout) -> None:
    """Nothing of it was ever set up."""
    shutil.rmtree(checkout.folder / ".venv")
    shutil.rmtree(checkout.cache)


def moments(seconds: float) -> Iterator[tuple[float, signal.Signals]]:
    """One random moment in each tenth of the time. The first falls while Python itself starts."""
    for number in range(KILLS):
        kind = signal.SIGINT if number % 2 else signal.SIGKILL
        yield seconds * (number + random.random()) / KILLS, kind


@pytest.mark.soak
def test_after_ten_kills_at_random_moments_the_eleventh_set_up_works(
    fresh: SmallCheckout,
) -> None:
    began = time.monotonic()
    code, output = fresh.make("setup")
    assert code == 0, output
    whole = time.monotonic() - began
    forget(fresh)
    for moment, kind in moments(whole):
        with fresh.start("setup") as process:
            try:
                process.wait(moment)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, kind)
            output, _ = process.communicate(timeout=60)
        assert "Traceback" not in output, (moment, kind)
    code, output = fresh.make("setup")
    assert code == 0, output
    fresh.assert_complete()


@pytest.mark.soak
def test_a_second_set_up_waits_for_the_first_and_finds_it_done(fresh: SmallCheckout) -> None:
    with fresh.start("setup") as first:
        assert first.stdout is not None
        assert "creating .venv" in first.stdout.readline()
        code, output = fresh.make("setup")
        first_output, _ = first.communicate(timeout=200)
    assert (first.returncode, code) == (0, 0), first_output + output
    assert "another set-up is at work in" in output
    assert "creating .venv" not in output
    fresh.assert_complete()


@pytest.mark.soak
def test_what_a_stopped_set_up_wrote_in_half_is_written_anew(fresh: SmallCheckout) -> None:
    """Without pip nothing mends it, and pip takes a package for installed whose metadata is there."""
    subprocess.run([PYTHON, "-m", "venv", "--without-pip", fresh.folder / ".venv"], check=True)
    [packages] = fresh.folder.glob(".venv/lib/*/site-packages")
    (packages / "small").mkdir()
    (packages / "small" / "__init__.py").write_text("")
    (packages / "small-1.0.dist-info").mkdir()
    (packages / "small-1.0.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: small\nVersion: 1.0\n"
    )
    code, output = fresh.make("setup")
    assert code == 0, output
    assert "left half made" in output
    fresh.assert_complete()
