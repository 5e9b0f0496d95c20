"""The documents that name tests name tests that are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("document", ["docs/reliability.md", "tests/mutations.md"])
def test_every_test_that_is_named_exists(document: str) -> None:
    named = re.findall(r"(tests/\w+/\w+\.py)(?:::(\w+))?", (ROOT / document).read_text())
    assert named
    missing = [
        f"{file}::{name}"
        for file, name in named
        if not (ROOT / file).exists() or (name and f"def {name}(" not in (ROOT / file).read_text())
    ]
    assert missing == []
