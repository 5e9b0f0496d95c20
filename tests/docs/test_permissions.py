"""docs/permissions.md is the table of the code; ``make permissions`` writes it anew."""

import os

from muster.permissions import CHANGES, PERMISSIONS, REQUIRED, as_markdown, missing_of, purpose_of
from tests.docs.checkout import REPOSITORY

PAGE = REPOSITORY / "docs" / "permissions.md"


def test_the_page_is_the_table() -> None:
    if os.environ.get("MUSTER_PERMISSIONS_WRITE"):
        PAGE.write_text(as_markdown())
    assert PAGE.read_text() == as_markdown()


def test_every_permission_stands_on_the_page() -> None:
    text = as_markdown()
    assert [row.name for row in PERMISSIONS if f"| `{row.name}` |" not in text] == []


def test_every_version_that_asks_for_something_is_in_the_changelog() -> None:
    assert {row.since for row in PERMISSIONS} <= {version for version, _ in CHANGES}


def test_names_are_unique() -> None:
    assert len({row.name for row in PERMISSIONS}) == len(PERMISSIONS)


def test_what_is_missing_is_what_is_required_and_not_granted() -> None:
    assert missing_of(REQUIRED) == ()
    assert missing_of(()) == REQUIRED
    assert missing_of({*REQUIRED} - {"Chat.Create"} | {"Mail.Read"}) == ("Chat.Create",)


def test_a_required_permission_has_a_purpose() -> None:
    assert all(purpose_of(name) for name in REQUIRED)
    assert purpose_of("Mail.Read") == ""
