"""Adding a workflow is adding a folder: nothing else in the tree changes."""

import re
import sys
from pathlib import Path

import pytest

from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.architecture.tree import copied_tree, run

HEADING = re.compile(r"^([^\n]+)\n-+\n(.*?)(?=^[^\n]+\n-+\n|\Z)", re.MULTILINE | re.DOTALL)
"""A contract's name, underlined, and what is said of it."""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The product's code with one more workflow."""
    return copied_tree(tmp_path_factory.mktemp("tree"), adding="toy")


def test_a_worker_finds_the_workflow_and_its_activities_and_runs_them_in_the_sandbox(
    tree: Path, temporal: EmbeddedTemporal
) -> None:
    finished = run(tree, sys.executable, "run_toy.py", temporal.address)
    assert finished.stdout == "hello Ada\n", finished.stderr


@pytest.mark.soak
@pytest.mark.parametrize(
    "test", ["tests/architecture/test_workflow_code.py", "tests/architecture/test_words.py"]
)
def test_it_passes_the_tests_of_all_workflow_code(tree: Path, test: str) -> None:
    finished = run(tree, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test)
    assert finished.returncode == 0, finished.stdout


@pytest.mark.soak
def test_the_linter_and_the_types_hold_for_it(tree: Path) -> None:
    binaries = Path(sys.executable).parent
    for command in (
        ["ruff", "check", "--no-cache", "workflows/toy", "activities/toy.py"],
        ["mypy", "--cache-dir=/dev/null", "-p", "workflows.toy", "-m", "activities.toy"],
    ):
        finished = run(tree, binaries / command[0], *command[1:])
        assert finished.returncode == 0, finished.stdout


def test_the_import_contracts_hold_for_it(tree: Path) -> None:
    finished = run(tree, Path(sys.executable).parent / "lint-imports", "--no-cache")
    assert finished.returncode == 0, finished.stdout


BREACHES = {
    "Commands are given by workflows alone": ("activities", "import workflows.toy.workflow"),
    "Workflows import the standard library": ("workflows/toy", "import muster.cards.text"),
    "knows no card, no Teams and no workflow": ("workflows/incident", "import workflows.toy.state"),
    "What workflows have in common knows none": (
        "workflows/verbs",
        "import workflows.toy.activities",
    ),
    "Cards and payloads are pure": ("muster/cards", "import muster.settings"),
    "Only api.bot uses botbuilder": ("api", "import botbuilder.core"),
    "Only the gateway uses the Temporal client": ("api/bot", "import temporalio.client"),
    "Only muster.clients builds HTTP requests": ("activities", "import httpx"),
    "Shared code knows nobody who uses it": ("muster/store", "import activities.store"),
    "Activities and the API do not know": ("api", "import activities.store"),
    "The product knows nothing of the sandbox": ("api", "import sandbox.faults"),
    "The sandbox imports nothing of the product": ("sandbox", "import muster.settings"),
    "Nobody below imports the edges": ("api", "import muster.cli.main"),
}
"""By a contract's name: a folder, and a line of a module there that breaks it."""


@pytest.fixture(scope="module")
def broken(tree: Path) -> dict[str, str]:
    """What the linter says of each broken contract, by its name; every breach is there at once."""
    modules = {
        tree / folder / f"breach_{number}.py": line for number, (folder, line) in enumerate(BREACHES.values())
    }
    for module, line in modules.items():
        module.write_text(f'"""Breaks a rule."""\n\n{line}\n')
    try:
        finished = run(tree, Path(sys.executable).parent / "lint-imports", "--no-cache")
    finally:
        for module in modules:
            module.unlink()
    return dict(HEADING.findall(finished.stdout.partition("Broken contracts")[2]))


@pytest.mark.parametrize(("number", "contract"), list(enumerate(BREACHES)))
def test_a_contract_is_broken_by_what_it_forbids(broken: dict[str, str], number: int, contract: str) -> None:
    said = next((text for name, text in broken.items() if contract in name), "")
    assert f".breach_{number} -> " in said, broken
