"""Adding a workflow is adding a folder: nothing else in the tree changes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.up.servers.temporal import EmbeddedTemporal

REPOSITORY = Path(__file__).parents[2]
HERE = Path(__file__).parent
COPIED = ("workflows", "activities", "api", "muster", "sandbox", "worker.py", "pyproject.toml")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The product's code with one more workflow."""
    tree = tmp_path_factory.mktemp("tree")
    for name in COPIED:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, tree / name)
    shutil.copytree(HERE / "toy", tree, dirs_exist_ok=True)
    shutil.copyfile(HERE / "run_toy.py", tree / "run_toy.py")
    return tree


def run(tree: Path, *command: str | Path) -> "subprocess.CompletedProcess[str]":
    """In the tree, which comes before the checkout that is installed."""
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)


def test_a_worker_finds_the_workflow_and_its_activities_and_runs_them_in_the_sandbox(
    tree: Path, temporal: EmbeddedTemporal
) -> None:
    finished = run(tree, sys.executable, "run_toy.py", temporal.address)
    assert finished.stdout == "hello Ada\n", finished.stderr


def test_the_import_contracts_hold_for_it(tree: Path) -> None:
    finished = run(tree, Path(sys.executable).parent / "lint-imports", "--no-cache")
    assert finished.returncode == 0, finished.stdout


BREACHES = {
    "Commands are given by workflows alone": ("activities/breach.py", "import workflows.toy.workflow"),
    "Workflows import the standard library": ("workflows/toy/breach.py", "import muster.cards.text"),
    "knows no card, no Teams and no workflow": ("workflows/incident/breach.py", "import workflows.toy.state"),
    "What workflows have in common knows none": (
        "workflows/verbs/breach.py",
        "import workflows.toy.activities",
    ),
    "Cards and payloads are pure": ("muster/cards/breach.py", "import muster.settings"),
    "Only api.bot uses botbuilder": ("api/breach.py", "import botbuilder.core"),
    "Only the gateway uses the Temporal client": ("api/bot/breach.py", "import temporalio.client"),
    "Only muster.clients builds HTTP requests": ("activities/breach.py", "import httpx"),
    "Shared code knows nobody who uses it": ("muster/store/breach.py", "import activities.store"),
    "Activities and the API do not know": ("api/breach.py", "import activities.store"),
    "The product knows nothing of the sandbox": ("api/breach.py", "import sandbox.faults"),
    "The sandbox imports nothing of the product": ("sandbox/breach.py", "import muster.settings"),
    "Nobody below imports the edges": ("api/breach.py", "import muster.cli.main"),
}


@pytest.mark.parametrize("contract", BREACHES)
def test_a_contract_is_broken_by_what_it_forbids(tree: Path, contract: str) -> None:
    name, line = BREACHES[contract]
    module = tree / name
    module.write_text(f'"""Breaks a rule."""\n\n{line}\n')
    try:
        finished = run(tree, Path(sys.executable).parent / "lint-imports", "--no-cache")
    finally:
        module.unlink()
    broken = [text for text in finished.stdout.splitlines() if text.endswith("BROKEN") or " BROKEN " in text]
    assert any(contract in text for text in broken), finished.stdout
