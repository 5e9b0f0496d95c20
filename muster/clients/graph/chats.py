"""Group chats by Microsoft Graph, as the app itself: one method a call.

What the permissions are for stands in ``muster/permissions.py``. Paths, bodies and limits:
learn.microsoft.com *Create chat*, *List members of a chat*, *Add member to a chat*, *Remove member from
chat*, *Update chat*, *Delete chat*, *List chats*, *Add app to chat* and *Get user*.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple
from urllib.parse import quote, urlencode

from muster.clients.graph.app_calls import AppCalls, lost
from muster.payloads.values import Body, mappings, moment_or_none
from workflows.errors import Conflict, Forbidden, NotFound, RequestInvalid

FIRST_PEOPLE = 20
"""Of a create: larger ones have dropped people without a word (docs/platform-facts.md §7.2)."""
FILTERS_PEOPLE = "User.Read.All"
"""The permission without which the directory is asked for people by their principal names alone."""
_DELETES = "Chat.ManageDeletion.All"
_OF_A_PERSON = "id,mail,userPrincipalName"
_FROM_THE_BEGINNING = "0001-01-01T00:00:00Z"
_MOST_PAGES = 10
_NEWEST_CHATS, _PAGES_OF_CHATS = 50, 4
"""Chats of a page, which is Graph's largest; pages in which a lost chat is looked for, which is new."""


AT_ONCE = 4
"""Calls about people that are under way together."""
FOR_A_PERSON = (RequestInvalid, NotFound, Forbidden)
"""Refusals that may be about one person among many: a bad id, nobody, no licence for Teams."""

Role = Literal["owner", "guest"]
"""Guests of the tenant are guests, all others are owners."""


class Invited(NamedTuple):
    """Somebody who is to be in a chat."""

    aad_object_id: str
    role: Role


class DirectoryPerson(NamedTuple):
    """Somebody as the tenant's directory has them."""

    aad_object_id: str
    role: Role
    address: str
    """Their e-mail address; empty where they have none."""


class MadeChat(NamedTuple):
    """A chat that is there."""

    id: str
    url: str


class FoundChat(NamedTuple):
    """A chat of a person's."""

    id: str
    url: str
    topic: str
    made_at: datetime


class Membership(NamedTuple):
    """Somebody in a chat."""

    id: str
    """Names the membership, not the person."""
    aad_object_id: str


class ChatsClient:
    """Every method raises ``OutsideError``s: ``ConsentMissing`` has the permission's name as its code."""

    def __init__(self, calls: AppCalls) -> None:
        self._calls = calls

    async def create(self, tenant: str, topic: str, people: Sequence[Invited]) -> MadeChat:
        """Make a chat of at most ``FIRST_PEOPLE``; an answer that is lost may have made one."""
        body = {
            "chatType": "group",
            "topic": topic,
            "members": [self._member(tenant, one) for one in people],
        }
        answer = await self._calls.send(tenant, "POST", "chats", body, needs="Chat.Create", repeatable=False)
        return _made(answer)

    async def newest(self, tenant: str, person: str) -> tuple[FoundChat, ...]:
        """The newest group chats that a person is in, at most 200."""
        query = urlencode({"$top": _NEWEST_CHATS, "$filter": "chatType eq 'group'"})
        path = f"users/{quote(person, safe='')}/chats?{query}"
        listed, _ = await self._listed(tenant, path, needs="Chat.ReadBasic.All", most_pages=_PAGES_OF_CHATS)
        return tuple(one for one in map(_found, listed) if one is not None)

    async def members(self, tenant: str, chat: str) -> tuple[Membership, ...]:
        """Everybody in the chat."""
        listed, is_all = await self._listed(
            tenant, f"{_path(chat)}/members", needs="ChatMember.ReadWrite.All", most_pages=_MOST_PAGES
        )
        if not is_all:
            raise lost("a list of members without an end", repeatable=True)
        return tuple(
            Membership(id, person)
            for one in listed
            if isinstance(id := one.get("id"), str) and isinstance(person := one.get("userId"), str)
        )

    async def add(self, tenant: str, chat: str, person: Invited) -> None:
        """Add one person, who sees what was written before; whoever is there already stays."""
        body = {**self._member(tenant, person), "visibleHistoryStartDateTime": _FROM_THE_BEGINNING}
        await self._calls.send(
            tenant,
            "POST",
            f"{_path(chat)}/members",
            body,
            needs="ChatMember.ReadWrite.All",
            repeatable=True,
        )

    async def remove(self, tenant: str, chat: str, membership: str) -> None:
        """Remove whoever has this membership; who is not there any more is removed already."""
        path = f"{_path(chat)}/members/{quote(membership, safe='')}"
        try:
            await self._calls.send(tenant, "DELETE", path, needs="ChatMember.ReadWrite.All", repeatable=True)
        except NotFound:
            return

    async def rename(self, tenant: str, chat: str, topic: str) -> None:
        """Give the chat another topic."""
        await self._calls.send(
            tenant, "PATCH", _path(chat), {"topic": topic}, needs="Chat.ReadWrite.All", repeatable=True
        )

    async def may_delete(self, tenant: str) -> None:
        """Raise ``ConsentMissing`` where chats may not be deleted."""
        await self._calls.require(tenant, _DELETES)

    async def delete(self, tenant: str, chat: str) -> None:
        """Take the chat away from everybody; one that is not there any more is deleted already.

        Microsoft takes one such call a second in a tenant, and its admins can bring the chat back for a week.
        """
        try:
            await self._calls.send(tenant, "DELETE", _path(chat), needs=_DELETES, repeatable=True)
        except NotFound:
            return

    async def install(self, tenant: str, chat: str, catalog_app: str) -> None:
        """Bring the app into the chat; where it is already, that is all right."""
        app = self._calls.address(tenant, f"appCatalogs/teamsApps/{catalog_app}")
        try:
            await self._calls.send(
                tenant,
                "POST",
                f"{_path(chat)}/installedApps",
                {"teamsApp@odata.bind": app},
                needs="TeamsAppInstallation.ReadWriteSelfForChat.All",
                repeatable=True,
            )
        except Conflict:
            return

    async def find_person(self, tenant: str, address: str) -> DirectoryPerson | None:
        """Whoever has this e-mail address, by their name first and by filter then.

        Raises ``ConsentMissing`` with ``FILTERS_PEOPLE`` where the tenant's consent does not filter people.
        """
        try:
            return await self.person(tenant, address)
        except NotFound:
            pass
        literal = address.replace("'", "''")
        condition = f"mail eq '{literal}' or userPrincipalName eq '{literal}'"
        path = "users?" + urlencode({"$filter": condition, "$select": _OF_A_PERSON})
        answer = await self._calls.send(tenant, "GET", path, needs=FILTERS_PEOPLE, repeatable=True)
        return next((one for one in map(_person, mappings(answer.get("value"))) if one is not None), None)

    async def person(self, tenant: str, key: str) -> DirectoryPerson:
        """Whom the directory has under this object id or principal name.

        Raises ``NotFound`` where it has nobody.
        """
        select = urlencode({"$select": _OF_A_PERSON})
        path = f"users/{quote(key, safe='@')}?{select}"
        answer = await self._calls.send(tenant, "GET", path, needs="User.ReadBasic.All", repeatable=True)
        found = _person(answer)
        if found is None:
            raise lost("an answer without a person", repeatable=True)
        return found

    async def _listed(
        self, tenant: str, path: str, *, needs: str, most_pages: int
    ) -> tuple[list[Body], bool]:
        """The entries of so many pages, and whether there are no more."""
        entries: list[Body] = []
        for _ in range(most_pages):
            page = await self._calls.send(tenant, "GET", path, needs=needs, repeatable=True)
            entries += mappings(page.get("value"))
            next_page = self._calls.next_page(tenant, page)
            if next_page is None:
                return entries, True
            path = next_page
        return entries, False

    def _member(self, tenant: str, person: Invited) -> dict[str, Any]:
        return {
            "@odata.type": "#microsoft.graph.aadUserConversationMember",
            "roles": [person.role],
            "user@odata.bind": self._calls.address(tenant, f"users('{person.aad_object_id}')"),
        }


def _path(chat: str) -> str:
    return f"chats/{quote(chat, safe='')}"


def _made(answer: dict[str, Any]) -> MadeChat:
    id, url = answer.get("id"), answer.get("webUrl")
    if not isinstance(id, str) or not id:
        raise lost("an answer without a chat", repeatable=False)
    return MadeChat(id, url if isinstance(url, str) else "")


def _found(one: Any) -> FoundChat | None:
    id, url, topic, made_at = (one.get(name) for name in ("id", "webUrl", "topic", "createdDateTime"))
    moment = moment_or_none(made_at)
    if not isinstance(id, str) or moment is None:
        return None
    return FoundChat(id, url if isinstance(url, str) else "", topic if isinstance(topic, str) else "", moment)


def _person(one: Any) -> DirectoryPerson | None:
    id, name, mail = (one.get(key) for key in ("id", "userPrincipalName", "mail"))
    if not isinstance(id, str) or not id:
        return None
    # A guest's principal name is made of their address, in the tenant's own domain.
    role: Role = "guest" if isinstance(name, str) and "#EXT#" in name.upper() else "owner"
    return DirectoryPerson(id, role, mail if isinstance(mail, str) else "")
