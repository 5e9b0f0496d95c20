"""What is sealed in the row of a link is opened by few modules alone (docs/decisions/0044)."""

import ast
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
OPENERS = frozenset({"linked_user", "lock"})
"""The functions of ``muster.store.links`` that hand out tokens."""
FOLDERS = ("activities", "api", "muster", "sandbox", "workflows")
OPENED = {
    "muster/linked_people/person_token.py": {"linked_user"},
    "muster/linked_people/link_refresh.py": {"lock"},
    "activities/upkeep/refreshing.py": {"linked_user"},
}
"""By module: whoever else needs a token asks ``PersonTokens`` for it."""


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


def test_few_modules_open_a_persons_tokens() -> None:
    modules = [path for folder in FOLDERS for path in (REPOSITORY / folder).rglob("*.py")]
    found = {str(path.relative_to(REPOSITORY)): opened_in(path) for path in modules}
    assert {path: names for path, names in found.items() if names} == OPENED
    assert set().union(*OPENED.values()) == OPENERS, "else a name that nobody uses is looked for"
