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
        "find a chat whose creation was not answered, among the newest chats of whoever asked for it",
        "chats of incidents",
        "0.1.0",
    ),
    Permission(
        "Chat.ReadWrite.All",
        "application",
        False,
        "mark the topic of an incident's chat when the incident is resolved",
        "chats of incidents",
        "0.1.0",
    ),
    Permission(
        "Chat.ManageDeletion.All", "application", False, "delete a chat", "chats of incidents", "0.1.0"
    ),
    Permission(
        "User.Read.All",
        "application",
        False,
        "find responders whose e-mail address is not their user name, and see disabled accounts",
        "linking of people, chats of incidents",
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


_WITHOUT: tuple[tuple[str, str], ...] = (
    ("Chat.Create", "no chat is made"),
    (
        "ChatMember.ReadWrite.All",
        "the chat has the people that it was made with, at most 20; nobody is added or taken out. "
        "One that is deleted is taken for one that the bot was removed from",
    ),
    (
        "TeamsAppInstallation.ReadWriteSelfForChat.All",
        "the chat has no card; its address goes to the other cards and into a note",
    ),
    (
        "User.ReadBasic.All",
        "nobody is found by an e-mail address; whoever linked their accounts is in the chat all the same",
    ),
    ("User.Read.All", "nobody is found whose user name is another than their e-mail address"),
    (
        "Chat.ReadBasic.All",
        "a chat whose creation was not answered is not looked for: the cards say that nobody knows",
    ),
    ("Chat.ReadWrite.All", "the topic stays as it was when the chat was made"),
)
"""What a chat of an incident lacks without a permission."""

_WITHOUT_A_MEETING: tuple[tuple[str, str], ...] = (
    (
        "Calendars.ReadWrite",
        "a meeting is made alone, without an entry in calendars: nobody is invited, and the access policy is "
        "needed",
    ),
    (
        "OnlineMeetings.ReadWrite.All",
        "a meeting is made for those alone whose calendar takes meetings of Teams",
    ),
    (
        "User.Read.All",
        "a disabled account is not passed over: nobody can know of it beforehand, and its meeting may have "
        "nobody to open it; and nobody learns that the organiser of a meeting without an entry is gone",
    ),
)
"""What a meeting of an incident lacks without a permission."""

_PACKAGES: tuple[tuple[str, str], ...] = (
    (
        "a package that asks for none, as `muster package` writes it",
        "nothing can be granted for a single team or chat: what reads messages takes `ChatMessage.Read.All`, "
        "for the whole tenant",
    ),
    (
        "a package of your own that asks for one, such as `ChannelMessage.Read.Group`",
        "no chat of an incident gets the bot, so none has a card. For such an app Microsoft wants "
        "`TeamsAppInstallation.ReadWriteAndConsentSelfForChat.All`, and in each call the list of what is "
        "granted there; Muster asks for neither",
    ),
)
"""What the manifest may ask for in teams and chats, and what each choice costs."""


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
    lines += [
        "",
        "## Chats of incidents without one of them",
        "",
        "Each step of making a chat for an incident needs one permission. A step that lacks it says so on",
        "the cards, or in the answer to **Create Chat**, with who can grant it; the other steps go on.",
        "",
        "| without | what happens |",
        "|---|---|",
        *(f"| `{name}` | {what} |" for name, what in _WITHOUT),
        "",
        "## Meetings of incidents without one of them",
        "",
        "A meeting is made in one of two ways ([meetings.md](meetings.md)); without both permissions the",
        "answer to **Create Meeting** says which are missing. The second one also takes an access policy of",
        "Teams ([installing.md](installing.md#8-the-policy-for-meetings)).",
        "",
        "| without | what happens |",
        "|---|---|",
        *(f"| `{name}` | {what} |" for name, what in _WITHOUT_A_MEETING),
        "",
        "## Resource-specific permissions",
        "",
        "A manifest can ask for permissions of the single team or chat in which the app is installed.",
        "Microsoft installs no such app by `TeamsAppInstallation.ReadWriteSelfForChat.All`, by which Muster",
        "brings itself into the chats that it makes. So the package asks for none. What each choice costs:",
        "",
        "| choice | cost |",
        "|---|---|",
        *(f"| {choice} | {cost} |" for choice, cost in _PACKAGES),
    ]
    lines += ["", "## Changes", ""]
    lines += [f"- {version}: {change}." for version, change in CHANGES]
    return "\n".join(lines) + "\n"
