"""Answer one of Graph's calls about chats: which one it is, who may make it, and what it does."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlencode

from sandbox.graph_errors import bad_request
from sandbox.teams.conversations import Conversations
from sandbox.teams.graph import permissions
from sandbox.teams.graph.apps import GraphApps
from sandbox.teams.graph.chats import LARGEST_PAGE, GraphChats
from sandbox.teams.graph.members import LARGEST_PAGE as MEMBERS_OF_A_PAGE
from sandbox.teams.graph.members import GraphMembers
from sandbox.teams.state import Json


@dataclass(frozen=True)
class GraphCall:
    """A call below ``/v1.0``, as it came."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Json
    address: str
    """Graph's own address, for the links of pages."""
    gone: Collection[str] = ()
    """Object ids of people who were deleted from the directory."""
    dropped: Collection[str] = ()
    """Object ids of people whom a creation leaves out without a word."""
    blocked: bool = False
    """Whether the chat takes nobody more."""


class Answer(NamedTuple):
    """What a call is answered with."""

    status: int
    body: Json | None = None
    location: str | None = None


class Known(NamedTuple):
    """Which call it is."""

    on: str
    """As faults name its kind: ``chat``, ``member`` or ``install``."""
    chat: str | None
    one_of: tuple[str, ...]
    """The permissions of which it takes any."""
    run: Callable[[], Answer]
    """Raises GraphError."""


class GraphCalls:
    """All calls about chats."""

    def __init__(self, conversations: Conversations) -> None:
        self._chats = GraphChats(conversations)
        self._members = GraphMembers(conversations, self._chats)
        self._apps = GraphApps(conversations)

    def known(self, call: GraphCall) -> Known:
        """Which call it is; raises GraphError for one that is not imitated."""
        match (call.method, *call.path.strip("/").split("/")):
            case ("POST", "chats"):
                return Known("chat", None, permissions.CREATE_CHAT, lambda: self._create(call))
            case ("GET", "users", person, "chats"):
                return Known("chat", None, permissions.LIST_CHATS, lambda: self._chats_of(call, person))
            case ("GET", "chats", chat):
                return Known("chat", chat, permissions.READ_CHAT, lambda: self._show(chat))
            case ("PATCH", "chats", chat):
                return Known("chat", chat, permissions.RENAME_CHAT, lambda: self._rename(call, chat))
            case ("DELETE", "chats", chat):
                return Known("chat", chat, permissions.DELETE_CHAT, lambda: self._delete(chat))
            case ("GET", "chats", chat, "members"):
                return Known("member", chat, permissions.READ_MEMBERS, lambda: self._list(call, chat))
            case ("POST", "chats", chat, "members"):
                return Known("member", chat, permissions.CHANGE_MEMBERS, lambda: self._add(call, chat))
            case ("DELETE", "chats", chat, "members", membership):
                return Known(
                    "member", chat, permissions.CHANGE_MEMBERS, lambda: self._remove(chat, membership)
                )
            case ("GET", "chats", chat, "installedApps"):
                return Known("install", chat, permissions.INSTALL_APP, lambda: self._installed(chat))
            case ("POST", "chats", chat, "installedApps"):
                return Known("install", chat, permissions.INSTALL_APP, lambda: self._install(call, chat))
            case ("GET", "appCatalogs", "teamsApps"):
                return Known("install", None, permissions.READ_CATALOG, lambda: self._catalog(call))
            case (_, segment, *_):
                raise bad_request(f"Resource not found for the segment '{segment}'.")
        raise AssertionError(call.path)  # a split text has a first part

    def _create(self, call: GraphCall) -> Answer:
        chat = self._chats.create(call.body, call.gone, call.dropped)
        return Answer(201, chat, f"/chats('{chat['id']}')")

    def _chats_of(self, call: GraphCall, person: str) -> Answer:
        chats, more = self._chats.of_person(person, call.query, call.gone)
        return self._page(call, chats, more, "$skip", LARGEST_PAGE)

    def _show(self, chat: str) -> Answer:
        return Answer(200, self._chats.shown(self._chats.find(chat), context="$metadata#chats/$entity"))

    def _rename(self, call: GraphCall, chat: str) -> Answer:
        return Answer(200, self._chats.rename(self._chats.find(chat), call.body))

    def _delete(self, chat: str) -> Answer:
        self._chats.delete(self._chats.find(chat))
        return Answer(204)

    def _list(self, call: GraphCall, chat: str) -> Answer:
        members, more = self._members.page(self._chats.find(chat), call.query)
        return self._page(call, members, more, "$skiptoken", MEMBERS_OF_A_PAGE)

    def _add(self, call: GraphCall, chat: str) -> Answer:
        found = self._chats.find(chat)
        membership = self._members.add(found, call.body, call.gone, blocked=call.blocked)
        return Answer(201, None, f"/chats('{chat}')/members('{membership}')")

    def _remove(self, chat: str, membership: str) -> Answer:
        self._members.remove(self._chats.find(chat), membership)
        return Answer(204)

    def _installed(self, chat: str) -> Answer:
        return Answer(200, {"value": self._apps.in_chat(self._chats.find(chat))})

    def _install(self, call: GraphCall, chat: str) -> Answer:
        installation = self._apps.install(self._chats.find(chat), call.body)
        return Answer(201, None, f"/chats('{chat}')/installedApps('{installation}')")

    def _catalog(self, call: GraphCall) -> Answer:
        return Answer(200, {"value": self._apps.in_catalog(call.query)})

    def _page(self, call: GraphCall, shown: list[Json], more: bool, name: str, size: int) -> Answer:
        body: dict[str, Any] = {"@odata.count": len(shown), "value": shown}
        if more:
            query = urlencode({**call.query, name: int(call.query.get(name, "0")) + min(size, len(shown))})
            body["@odata.nextLink"] = f"{call.address}/v1.0{call.path}?{query}"
        return Answer(200, body)
