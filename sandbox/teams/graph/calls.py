"""Answer one of Graph's calls about chats: which one it is, who may make it, and what it does."""

from sandbox.graph_errors import bad_request
from sandbox.teams.conversations import Conversations
from sandbox.teams.graph import permissions
from sandbox.teams.graph.apps import GraphApps
from sandbox.teams.graph.call import Answer, GraphCall, Known, page
from sandbox.teams.graph.chats import LARGEST_PAGE, GraphChats
from sandbox.teams.graph.members import LARGEST_PAGE as MEMBERS_OF_A_PAGE
from sandbox.teams.graph.members import GraphMembers


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
                return Known("chat", permissions.CREATE_CHAT, lambda: self._create(call))
            case ("GET", "users", person, "chats"):
                return Known("chat", permissions.LIST_CHATS, lambda: self._chats_of(call, person))
            case ("GET", "chats", chat):
                return Known("chat", permissions.READ_CHAT, lambda: self._show(chat), chat)
            case ("PATCH", "chats", chat):
                return Known("chat", permissions.RENAME_CHAT, lambda: self._rename(call, chat), chat)
            case ("DELETE", "chats", chat):
                return Known("chat", permissions.DELETE_CHAT, lambda: self._delete(chat), chat)
            case ("GET", "chats", chat, "members"):
                return Known("member", permissions.READ_MEMBERS, lambda: self._list(call, chat), chat)
            case ("POST", "chats", chat, "members"):
                return Known("member", permissions.CHANGE_MEMBERS, lambda: self._add(call, chat), chat)
            case ("DELETE", "chats", chat, "members", membership):
                return Known(
                    "member", permissions.CHANGE_MEMBERS, lambda: self._remove(chat, membership), chat
                )
            case ("GET", "chats", chat, "installedApps"):
                return Known("install", permissions.INSTALL_APP, lambda: self._installed(chat), chat)
            case ("POST", "chats", chat, "installedApps"):
                return Known("install", permissions.INSTALL_APP, lambda: self._install(call, chat), chat)
            case ("GET", "appCatalogs", "teamsApps"):
                return Known("install", permissions.READ_CATALOG, lambda: self._catalog(call))
            case (_, segment, *_):
                raise bad_request(f"Resource not found for the segment '{segment}'.")
        raise AssertionError(call.path)  # a split text has a first part

    def _create(self, call: GraphCall) -> Answer:
        chat = self._chats.create(call.body, call.gone, call.dropped)
        return Answer(201, chat, f"/chats('{chat['id']}')")

    def _chats_of(self, call: GraphCall, person: str) -> Answer:
        chats, more = self._chats.of_person(person, call.query, call.gone)
        return page(call, chats, more, "$skip", LARGEST_PAGE)

    def _show(self, chat: str) -> Answer:
        return Answer(200, self._chats.shown(self._chats.find(chat), context="$metadata#chats/$entity"))

    def _rename(self, call: GraphCall, chat: str) -> Answer:
        return Answer(200, self._chats.rename(self._chats.find(chat), call.body))

    def _delete(self, chat: str) -> Answer:
        self._chats.delete(self._chats.find(chat))
        return Answer(204)

    def _list(self, call: GraphCall, chat: str) -> Answer:
        members, more = self._members.page(self._chats.find(chat), call.query)
        return page(call, members, more, "$skiptoken", MEMBERS_OF_A_PAGE)

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
