"""A decision's title is the decision; date, status and at most twelve lines follow (decision 0001)."""

import re
from pathlib import Path

import pytest

from tests.docs.checkout import REPOSITORY, files

DECISIONS = files("docs/decisions/*.md")
HEAD = re.compile(
    r"# (\d+)\. (\S.*\S)\n\nDate: \d{4}-\d\d-\d\d\b.*\. Status: (accepted|superseded)\b.*\.\n\n"
)


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_decision_has_number_title_date_and_status(path: Path) -> None:
    head = HEAD.match((REPOSITORY / path).read_text())
    assert head is not None
    assert int(head[1]) == int(path.name[:4])
    assert len(head[2].split()) >= 4, "a title is a sentence"


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_decision_says_context_choice_price_and_what_would_reverse_it(path: Path) -> None:
    text = (REPOSITORY / path).read_text()
    lines = HEAD.sub("", text).splitlines()
    assert len(lines) <= 12
    starts = [line.partition(":")[0] for line in lines]
    said = [start for start in starts if start in ("Context", "Choice", "Price", "Reversed by")]
    assert said == ["Context", "Choice", "Price", "Reversed by"]


def test_number_belongs_to_one_decision() -> None:
    numbers = [path.name[:4] for path in DECISIONS]
    assert len(set(numbers)) == len(numbers) >= 18
