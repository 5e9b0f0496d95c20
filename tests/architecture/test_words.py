"""Names use the words of docs/glossary.md: nothing that others read is named by a retired one.

Others read the names of modules, classes, functions, parameters, fields, attributes and constants. A variable
inside a function may have an ordinary word for its whole name.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
GLOSSARY = REPOSITORY / "docs" / "glossary.md"
PLACES = ("workflows", "activities", "api", "muster", "sandbox", "tools", "bench", "tests", "worker.py")
FUNCTIONS = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
)
WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def words_of(cell: str) -> set[str]:
    return {word.strip() for word in cell.split(",")} - {"–"}


def tables() -> dict[str, list[list[str]]]:
    """The rows of each table of the glossary, by the heading of its last column."""
    found: dict[str, list[list[str]]] = {}
    heading = ""
    for line in GLOSSARY.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            heading = ""
        elif not heading:
            heading = cells[-1]
        elif not set(line) <= set("|-"):
            found.setdefault(heading, []).append(cells)
    return found


TABLES = tables()
RETIRED: dict[str, set[str]] = {"": set().union(*(words_of(row[2]) for row in TABLES["retired"]))}
for _place, _, _, _cell in TABLES["retired there"]:
    RETIRED.setdefault(_place, set()).update(words_of(_cell))
KEPT: dict[str, set[str]] = {}
for _places, _cell, _ in TABLES["because"]:
    for _place in words_of(_places):
        KEPT.setdefault(_place, set()).update(words_of(_cell))
ORDINARY = frozenset({"line", "lines", "part", "parts", "run", "word", "words"})
"""What a variable inside a function may be called."""


def approved(place: str) -> set[str]:
    """Words of the glossary that hold a retired one, as functions and classes spell them."""
    words = {
        word for row in TABLES["retired there"] if row[0] == place for word in re.findall(r"`(\w+)`", row[2])
    }
    return words | {word.title().replace("_", "") for word in words}


APPROVED = {place: approved(place) for place in RETIRED}


def files() -> list[Path]:
    found = [REPOSITORY / place for place in PLACES]
    return sorted(file for path in found for file in (path.rglob("*.py") if path.is_dir() else [path]))


def names_in(tree: ast.AST, *, in_function: bool = False) -> Iterator[str]:
    """Every name that is given below, but for variables inside a function with an ordinary name."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                yield node.name
            case ast.arg():
                yield node.arg
            case ast.Attribute(ctx=ast.Store()):
                yield node.attr
            case ast.Name(ctx=ast.Store()) if not (in_function and node.id in ORDINARY):
                yield node.id
            case ast.alias(asname=str()):
                yield str(node.asname)
        yield from names_in(node, in_function=_is_in_function(node, in_function))


def _is_in_function(node: ast.AST, around: bool) -> bool:
    """Whether what is assigned below this node is a variable; a comprehension has variables of its own."""
    if isinstance(node, ast.ClassDef):
        return False
    return around or isinstance(node, FUNCTIONS)


def retired_in(name: str, path: Path) -> set[str]:
    where = path.relative_to(REPOSITORY).as_posix()
    retiring = tuple(place for place in RETIRED if where.startswith(place))
    keeping = tuple(place for place in KEPT if where.startswith(place))
    return set(_retired_there(name, retiring, keeping))


@cache
def _retired_there(name: str, retiring: tuple[str, ...], keeping: tuple[str, ...]) -> frozenset[str]:
    """Many files have the same names."""
    found: set[str] = set()
    for place in retiring:
        rest = re.sub("|".join(APPROVED[place]) or "$^", "", name)
        found |= {word.lower() for word in WORDS.findall(rest)} & RETIRED[place]
    return frozenset(found.difference(*(KEPT[place] for place in keeping)))


def test_the_glossary_retires_words() -> None:
    assert {"press", "facts", "ledger", "story"} <= RETIRED[""]
    assert RETIRED["muster/cards"] == {"run", "line", "sides", "panel", "group"}
    assert RETIRED["sandbox"] == {"desk", "gate", "live", "world", "control"}


@pytest.mark.parametrize(
    ("name", "path", "expected"),
    [
        ("test_a_press_is_seen", "tests/x.py", {"press"}),
        ("PrivateWord", "workflows/x.py", {"word"}),
        ("suppress", "workflows/x.py", set()),
        ("run", "workflows/x.py", set()),
        ("run", "muster/cards/x.py", {"run"}),
        ("text_run", "muster/cards/x.py", set()),
        ("TextRunOptions", "muster/cards/x.py", set()),
        ("Part", "sandbox/up/x.py", set()),
        ("Part", "sandbox/teams/x.py", {"part"}),
    ],
)
def test_what_is_retired_is_found_in_a_name_and_not_inside_another(
    name: str, path: str, expected: set[str]
) -> None:
    assert retired_in(name, REPOSITORY / path) == expected


def test_every_name_that_others_read_is_looked_at_and_ordinary_words_inside_a_function_are_not() -> None:
    code = """
import json as story
LEDGER: int
for word in (): pass
class Look:
    part: int
    def told(self, press, *facts, line=0, **words):
        self.trouble = None
        for part in [run for run in ()]:
            deed = word = 1
        with open("x") as settled: pass
"""
    assert " ".join(names_in(ast.parse(code))) == (
        "story LEDGER word Look part told self press facts line words trouble deed settled"
    )


def test_no_name_holds_what_the_glossary_retires() -> None:
    found = [
        f"{path.relative_to(REPOSITORY)}: {name} ({', '.join(sorted(retired))})"
        for path in files()
        for name in (path.stem, *names_in(ast.parse(path.read_text())))
        if (retired := retired_in(name, path))
    ]
    assert found == []
