"""What keeps workflow code deterministic and readable, read off its syntax."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
WORKFLOWS = REPOSITORY / "workflows"
MODULES = sorted(WORKFLOWS.rglob("*.py"))

ALLOWED = frozenset(
    {
        "abc",
        "asyncio",
        "collections",
        "contextlib",
        "dataclasses",
        "datetime",
        "hashlib",
        "itertools",
        "re",
        "typing",
        "pydantic",
        "temporalio",
        "workflows",
    }
)
"""No clock, no chance, no environment, no outside: what a run may compute with."""

LOOKING = frozenset({"importlib", "inspect", "pkgutil", "types"})
"""Of modules that look for others when they are loaded, outside any run."""

LOOKERS = frozenset({"discovery.py", "verbs/registry.py"})

FORBIDDEN_OF_ASYNCIO = frozenset(
    {"to_thread", "create_subprocess_exec", "create_subprocess_shell", "open_connection", "start_server"}
)
"""What asyncio has for the outside."""

FORBIDDEN_CALLS = frozenset({"open", "input", "print", "hash", "id", "eval", "exec", "__import__"})
"""They reach outside, or answer otherwise in another process."""


def name_of(path: Path) -> str:
    return path.relative_to(WORKFLOWS).as_posix()


def trees() -> Iterator[tuple[str, ast.Module]]:
    for path in MODULES:
        yield name_of(path), ast.parse(path.read_text())


def imported(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_of_workflows_imports_nothing_that_reaches_outside(path: Path) -> None:
    allowed = ALLOWED | LOOKING if name_of(path) in LOOKERS else ALLOWED
    assert imported(ast.parse(path.read_text())) <= allowed


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_of_workflows_calls_nothing_that_answers_differently_elsewhere(path: Path) -> None:
    calls = {
        node.func.id
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not calls & FORBIDDEN_CALLS


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_of_workflows_uses_nothing_of_asyncio_that_reaches_outside(path: Path) -> None:
    used = {
        node.attr
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "asyncio"
    }
    assert not used & FORBIDDEN_OF_ASYNCIO


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_walks_through_a_set_in_its_own_order(path: Path) -> None:
    """The order of a set of texts changes from process to process."""
    walks = (ast.For, ast.comprehension)
    found = [
        node.iter.lineno
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, walks)
        and (
            isinstance(node.iter, ast.Set | ast.SetComp)
            or (
                isinstance(node.iter, ast.Call)
                and isinstance(node.iter.func, ast.Name)
                and node.iter.func.id in ("set", "frozenset")
            )
        )
    ]
    assert found == []


def test_the_state_of_a_run_is_replaced_in_one_place() -> None:
    """In ``RunState.apply``; its first value is set in ``__init__`` and ``start_from``."""
    places = {
        (name, function.name)
        for name, tree in trees()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store | ast.Del)
        and node.attr in ("state", "_state")
    }
    assert ("channel_incident/run_state.py", "apply") in places
    others = {(name, function) for name, function in places if not name.endswith("/run_state.py")}
    assert others == set()
    assert {function for _, function in places} <= {"__init__", "start_from", "apply"}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_is_set_past_its_name(path: Path) -> None:
    """``setattr`` and ``__dict__`` would hide an assignment from the test above."""
    allowed = name_of(path) == "handlers.py"  # it gives a class its handlers, before there is a run
    found = [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.Name) and node.id == "setattr")
        or (isinstance(node, ast.Attribute) and node.attr == "__dict__")
    ]
    assert allowed or found == []


def test_no_name_of_an_error_stands_as_text_in_a_workflow() -> None:
    errors = {
        node.name
        for node in ast.walk(ast.parse((WORKFLOWS / "errors.py").read_text()))
        if isinstance(node, ast.ClassDef)
    }
    texts = {
        (name, node.value)
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value in errors
    }
    assert texts == set()
