"""docs/permissions.md is the table of the code; ``make permissions`` writes it anew."""

import os
import re

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


def test_the_page_says_what_a_chat_lacks_without_each_permission_that_a_step_needs() -> None:
    """Of those that ``muster.clients.graph.chats`` names."""
    calls = (REPOSITORY / "muster" / "clients" / "graph" / "chats.py").read_text()
    needed = set(re.findall(r'needs="([A-Za-z.]+)"', calls))
    told = as_markdown().partition("## Chats of incidents")[2].partition("## Resource")[0]
    assert needed
    assert {name for name in needed if f"| `{name}` |" not in told} == set()
