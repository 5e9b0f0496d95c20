"""The application permissions that Graph's calls take, each call one of its own.

Source: the permission tables of learn.microsoft.com, *Create chat*, *List members of a chat*, *Add member to
a chat*, *Remove member from chat*, *Update chat*, *Delete chat*, *List chats*, *Get chat*, *Add app to chat*,
*List teamsApp*, *Create event* and *onlineMeeting: createOrGet*. Permissions of a single resource are not
imitated.
"""

from collections.abc import Collection

from sandbox.graph_errors import access_denied, missing_roles

_READ_ANY = ("Chat.ReadBasic.All", "Chat.Read.All", "Chat.ReadWrite.All")

CREATE_CHAT = ("Chat.Create",)
READ_CHAT = _READ_ANY
LIST_CHATS = _READ_ANY
RENAME_CHAT = ("Chat.ReadWrite.All",)
DELETE_CHAT = ("Chat.ManageDeletion.All",)
READ_MEMBERS = ("ChatMember.Read.All", "ChatMember.ReadWrite.All")
CHANGE_MEMBERS = ("ChatMember.ReadWrite.All",)
INSTALL_APP = (
    "TeamsAppInstallation.ReadWriteSelfForChat.All",
    "TeamsAppInstallation.ReadWriteAndConsentSelfForChat.All",
)
READ_CATALOG = ("AppCatalog.Read.All",)
CALENDAR = ("Calendars.ReadWrite",)
MEETING = ("OnlineMeetings.ReadWrite.All",)


def check(one_of: tuple[str, ...], roles: Collection[str]) -> None:
    """Raise GraphError unless the token has one of the permissions."""
    if not set(one_of) & set(roles):
        raise access_denied() if one_of == CALENDAR else missing_roles(one_of, roles)
