"""Tests stand where their code stands."""

from pathlib import Path

TESTS = Path(__file__).parents[1]
REPOSITORY = TESTS.parent
TOYS = [TESTS / "architecture" / name for name in ("toy", "toy_verb")]
"""Files of other trees, no tests."""


def folders_of(pattern: str, below: Path) -> set[Path]:
    return {file.parent for file in below.rglob(pattern)}


def test_every_folder_of_test_code_is_a_package() -> None:
    """So two test modules of one name are two."""
    folders = {folder for folder in folders_of("*.py", TESTS) if not any(map(folder.is_relative_to, TOYS))}
    assert [folder for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_unit_tests_stand_in_folders_named_as_those_of_the_code() -> None:
    unit = TESTS / "unit"
    folders = {folder.relative_to(unit) for folder in folders_of("test_*.py", unit)}
    assert [folder for folder in sorted(folders) if not (REPOSITORY / folder).is_dir()] == []
