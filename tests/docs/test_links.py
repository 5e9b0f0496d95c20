"""What a page or a comment points to is there, and every page stands in the index."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.checkout import REPOSITORY, files

INDEX = Path("docs/README.md")
FOREIGN = Path("docs/platform-facts.md")
"""Names pages and paths of other products' documentation."""

PAGES = files("*.md")
NAMING = [path for path in PAGES if path != FOREIGN]
COMMENTED = [
    path
    for path in files("*.py", "*.toml", "*.yml", "*.yaml", "*.sql", "*.sh", "Makefile", ".ci/run")
    if path.name != "test_links.py"
]
DECISIONS = [path for path in PAGES if path.parent == Path("docs/decisions")]

LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")
ADDRESS = re.compile(r"[a-z]+://[^\s)>\"]+")
PAGE_NAME = re.compile(r"(?<![\w/.*-])(?:\.\./)*(?:[\w.-]+/)*[\w-]+\.md\b")
FOLDERS = "workflows|activities|api|muster|sandbox|bench|tools|deploy|docs|tests"
PATH_NAME = re.compile(rf"(?<![\w/.{{}}-])(?:{FOLDERS})/[\w./*-]*\w")
TEST_NAME = re.compile(r"(?<![\w/.-])(tests/[\w/]+\.py)::(\w+)")
DECISION = re.compile(r"\bdecisions?[ /](\d{4})\b")


def text_of(path: Path) -> str:
    """Without addresses: what they name is not ours."""
    return ADDRESS.sub(" ", (REPOSITORY / path).read_text())


def links_of(text: str) -> Iterator[str]:
    """Targets of relative links and pictures, without their anchors."""
    for found in LINK.finditer(text):
        target = (found[1] or found[2]).partition("#")[0]
        if target and not target.startswith("mailto:"):
            yield target


def exists(name: str, *folders: Path) -> bool:
    """Below one of these folders; a star stands for any text."""
    return any(any((REPOSITORY / folder).glob(name)) for folder in folders)


def missing_pages(path: Path) -> list[str]:
    """Names of pages that are neither beside this file, nor in docs, nor below the checkout."""
    places = (Path(), Path("docs"))
    return [
        name
        for name in PAGE_NAME.findall(text_of(path))
        if not (REPOSITORY / path.parent / name).is_file() and not exists(name.removeprefix("../"), *places)
    ]


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_link_leads_to_a_file_or_folder(path: Path) -> None:
    broken = [link for link in links_of(text_of(path)) if not (REPOSITORY / path.parent / link).exists()]
    assert broken == []


@pytest.mark.parametrize("path", NAMING, ids=str)
def test_path_that_a_page_names_is_there(path: Path) -> None:
    assert [name for name in PATH_NAME.findall(text_of(path)) if not exists(name, Path())] == []


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_test_that_a_page_names_is_there(path: Path) -> None:
    missing = [
        f"{file}::{name}"
        for file, name in TEST_NAME.findall(text_of(path))
        if not (REPOSITORY / file).is_file() or f"def {name}(" not in (REPOSITORY / file).read_text()
    ]
    assert missing == []


def test_page_that_a_page_or_a_comment_names_is_there() -> None:
    named = {str(path): missing_pages(path) for path in [*NAMING, *COMMENTED]}
    missing = {path: names for path, names in named.items() if names}
    assert missing == {}


def test_decision_that_a_page_or_a_comment_names_is_there() -> None:
    numbers = {path.name[:4] for path in DECISIONS}
    missing = {
        (str(path), number)
        for path in [*PAGES, *COMMENTED]
        for number in DECISION.findall(text_of(path))
        if number not in numbers
    }
    assert missing == set()


def test_every_page_is_in_the_index() -> None:
    listed = {(REPOSITORY / INDEX.parent / link).resolve() for link in links_of(text_of(INDEX))}
    assert [
        str(page) for page in PAGES if page != INDEX and (REPOSITORY / page).resolve() not in listed
    ] == []


def test_links_and_names_are_found_in_a_text() -> None:
    text = (
        'see [a](b/c.md#d) and <img src="e.png">, `tests/f.py::test_g`, h.md §2, muster/i and decision 0042'
    )
    assert list(links_of(text)) == ["b/c.md", "e.png"]
    assert PAGE_NAME.findall(text) == ["b/c.md", "h.md"]
    assert PATH_NAME.findall(text) == ["tests/f.py", "muster/i"]
    assert TEST_NAME.findall(text) == [("tests/f.py", "test_g")]
    assert DECISION.findall(text) == ["0042"]


def test_address_of_others_and_route_are_no_path() -> None:
    assert PATH_NAME.findall("`/api/messages`, `v3/activities/{id}`") == []
    assert ADDRESS.sub(" ", "(https://example.com/docs/x.md)") == "( )"
