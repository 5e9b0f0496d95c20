"""What Muster asks for in Microsoft's cloud: one table, from which checks and texts are made."""

from typing import Literal, NamedTuple


class Permission(NamedTuple):
    """A permission, as Microsoft names it."""

    name: str
    kind: Literal["application", "delegated", "team"]
    """Of Graph, for the app or for a person; or of a team, granted with the installation."""
    required: bool
    purpose: str
    feature: str
    """What needs it, by its number in docs/roadmap.md."""
    since: str
    """The first version that asks for it."""


PERMISSIONS: tuple[Permission, ...] = (
    Permission("Chat.Create", "application", True, "making a chat for an incident", "R1", "0.1.0"),
    Permission(
        "ChatMember.ReadWrite.All", "application", True, "adding responders to that chat", "R1", "0.1.0"
    ),
    Permission(
        "OnlineMeetings.ReadWrite.All", "application", True, "making a meeting for an incident", "R2", "0.1.0"
    ),
    Permission("Organization.Read.All", "application", True, "the organization's name", "S5", "0.1.0"),
    Permission(
        "TeamsAppInstallation.ReadWriteSelfForChat.All",
        "application",
        True,
        "bringing the app into a chat that it made",
        "R1",
        "0.1.0",
    ),
    Permission(
        "User.ReadBasic.All", "application", True, "finding responders by their e-mail", "R1", "0.1.0"
    ),
)

REQUIRED: tuple[str, ...] = tuple(
    row.name for row in PERMISSIONS if row.required and row.kind == "application"
)
"""Application permissions without which a consent is not complete."""
