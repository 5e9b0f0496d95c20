"""What Muster asks for in Microsoft's cloud: one table, of which checks, texts and a page of docs are made.

``since`` and ``CHANGES`` are the changelog of permissions: an admin who consented to an older version has to
consent anew to what came later. Source of the names: learn.microsoft.com *Microsoft Graph permissions
reference*.
"""

from collections.abc import Collection
from typing import Literal, NamedTuple

Kind = Literal["application", "delegated", "team"]
"""Of Graph, for the app or for a person who signs in; or of a team, granted with the installation."""


class Permission(NamedTuple):
    """A permission, as Microsoft names it."""

    name: str
    kind: Kind
    required: bool
    purpose: str
    feature: str
    """What works with it."""
    since: str
    """The first version that asks for it."""


PERMISSIONS: tuple[Permission, ...] = (
    Permission(
        "Chat.Create", "application", True, "make a chat for an incident", "chats of incidents", "0.1.0"
    ),
    Permission(
        "ChatMember.ReadWrite.All",
        "application",
        True,
        "add responders to that chat",
        "chats of incidents",
        "0.1.0",
    ),
    Permission(
        "OnlineMeetings.ReadWrite.All",
        "application",
        True,
        "make a meeting for an incident",
        "meetings of incidents",
        "0.1.0",
    ),
    Permission(
        "Organization.Read.All", "application", True, "read the organization's name", "setup", "0.1.0"
    ),
    Permission(
        "TeamsAppInstallation.ReadWriteSelfForChat.All",
        "application",
        True,
        "bring the app into a chat that it made",
        "chats of incidents",
        "0.1.0",
    ),
    Permission(
        "User.ReadBasic.All",
        "application",
        True,
        "see that linked people are still in the organization, and find responders by their e-mail",
        "linking of people",
        "0.1.0",
    ),
    Permission(
        "Chat.ReadBasic.All",
        "application",
        False,
        "find a chat whose creation was not answered",
        "chats of incidents",
        "0.1.0",
    ),
    Permission("Chat.ReadWrite.All", "application", False, "rename a chat", "chats of incidents", "0.1.0"),
    Permission(
        "Chat.ManageDeletion.All", "application", False, "delete a chat", "chats of incidents", "0.1.0"
    ),
    Permission(
        "User.Read.All",
        "application",
        False,
        "find people by filter, and disabled accounts",
        "linking of people",
        "0.1.0",
    ),
    Permission(
        "Calendars.ReadWrite",
        "application",
        False,
        "enter a meeting into calendars",
        "meetings of incidents",
        "0.1.0",
    ),
    Permission(
        "ChatMessage.Read.All",
        "application",
        False,
        "find a card whose sending was not answered, and read a chat that was made for an incident",
        "chats of incidents",
        "0.1.0",
    ),
    Permission(
        "ChannelMessage.Read.Group",
        "team",
        False,
        "find a card whose sending was not answered; other messages are dropped unread",
        "cards in channels",
        "0.1.0",
    ),
    Permission("openid", "delegated", True, "know who signs in", "linking of people", "0.1.0"),
    Permission("profile", "delegated", True, "know the name of who signs in", "linking of people", "0.1.0"),
)

CHANGES: tuple[tuple[str, str], ...] = (("0.1.0", "the first list"),)
"""Versions that changed the list, the newest first, and what they changed."""

REQUIRED: tuple[str, ...] = tuple(
    row.name for row in PERMISSIONS if row.required and row.kind == "application"
)
"""Application permissions without which a consent is not complete."""

READS_ORGANIZATION = "Organization.Read.All"
READS_PEOPLE: frozenset[str] = frozenset(
    {
        "User.ReadBasic.All",
        "User.Read.All",
        "User.ReadWrite.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
    }
)
"""Any of them lets the app look for a person by their object id (*Get user*, permissions of applications)."""


def missing_of(granted: Collection[str]) -> tuple[str, ...]:
    """The required permissions that are not among the granted ones, in the order of the table."""
    return tuple(name for name in REQUIRED if name not in granted)


def purpose_of(name: str) -> str:
    """What a permission is for; empty for one that is not in the table."""
    return next((row.purpose for row in PERMISSIONS if row.name == name), "")


def as_markdown() -> str:
    """The page docs/permissions.md."""
    lines = [
        "# Permissions",
        "",
        "What Muster asks for in Microsoft's cloud. `make permissions` writes this page from",
        "`muster/permissions.py`.",
        "",
        "Cards and buttons need none of them: without consent Muster works, and the features that need a",
        "permission are missing. Features that are not built yet stand in the [roadmap](roadmap.md).",
        "",
        "A Privileged Role Administrator or a Global Administrator can grant them, for the whole tenant at",
        "once. Muster reads what is granted from a fresh token, never from what a browser brings.",
    ]
    headings: tuple[tuple[Kind, bool, str], ...] = (
        ("application", True, "Required, of Microsoft Graph, for the app"),
        ("application", False, "Optional, of Microsoft Graph, for the app"),
        ("team", False, "Optional, of a team, granted with the installation"),
        ("delegated", True, "For a person who signs in"),
    )
    for kind, required, heading in headings:
        rows = [row for row in PERMISSIONS if (row.kind, row.required) == (kind, required)]
        lines += ["", f"## {heading}", "", "| permission | what for | feature | since |", "|---|---|---|---|"]
        lines += [f"| `{row.name}` | {row.purpose} | {row.feature} | {row.since} |" for row in rows]
    lines += ["", "## Changes", ""]
    lines += [f"- {version}: {change}." for version, change in CHANGES]
    return "\n".join(lines) + "\n"
