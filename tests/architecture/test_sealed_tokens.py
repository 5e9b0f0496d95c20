"""What is sealed in the row of a link is opened by activities alone (docs/decisions/0044)."""

import ast
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
OPENERS = frozenset({"linked_user", "lock"})
"""The functions of ``muster.store.links`` that hand out tokens."""
OTHERS = ("api", "workflows", "sandbox", "muster")


def opened_in(path: Path) -> set[str]:
    """Which of them a module names, as ``links.lock`` or imported by name."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Attribute(value=ast.Name(id="links"), attr=name) if name in OPENERS:
                found.add(name)
            case ast.ImportFrom(module="muster.store.links", names=names):
                found |= {alias.name for alias in names} & OPENERS
    return found


@pytest.mark.parametrize("folder", OTHERS)
def test_nothing_but_activities_opens_a_persons_tokens(folder: str) -> None:
    modules = (REPOSITORY / folder).rglob("*.py")
    assert {path.name: names for path in modules if (names := opened_in(path))} == {}


def test_activities_do() -> None:
    """Otherwise the test above looks for names that nobody uses any more."""
    modules = (REPOSITORY / "activities").rglob("*.py")
    assert set().union(*map(opened_in, modules)) == OPENERS
