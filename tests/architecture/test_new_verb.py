"""Adding a verb is adding its files: the registry, the card, the workflow and the worker find it."""

import sys
from pathlib import Path

import pytest

from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.architecture.tree import copied_tree, run


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The product's code with one more verb, which changes no status."""
    return copied_tree(tmp_path_factory.mktemp("tree"), adding="toy_verb")


def test_its_button_is_drawn_and_a_click_calls_its_activity(tree: Path, temporal: EmbeddedTemporal) -> None:
    finished = run(tree, sys.executable, "run_toy_verb.py", temporal.address)
    assert finished.stdout == "Ponder was done.\n", finished.stderr
