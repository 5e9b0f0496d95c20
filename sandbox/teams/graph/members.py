"""Members of a group chat as Graph lists, adds and removes them."""

import base64
import binascii
from collections.abc import Collection, Mapping

from sandbox.company import Person
from sandbox.graph_errors import GraphError, bad_request, not_found
from sandbox.teams.chats import Chats
from sandbox.teams.conversations import Conversations
from sandbox.teams.graph.bodies import wanted_member
from sandbox.teams.graph.chats import GraphChats, check_member
from sandbox.teams.state import Conversation, Json, timestamp

LARGEST_PAGE = 100
MOST = 250
"""People in a group chat (*Limits and specifications for Microsoft Teams*)."""
FROM_THE_BEGINNING = "0001-01-01T00:00:00Z"


class GraphMembers:
    """Reads and changes who is in a chat. Every method raises GraphError."""

    def __init__(self, conversations: Conversations, chats: GraphChats) -> None:
        self._roster = conversations.roster
        self._people = Chats(conversations)
        self._chats = chats

    def page(self, chat: Conversation, query: Mapping[str, str]) -> tuple[list[Json], bool]:
        """A page of the members, and whether there are more."""
        first = int(query.get("$skiptoken", "0"))
        last = first + LARGEST_PAGE
        people = [self._roster.person(member) for member in chat.members[first:last]]
        return [self._shown(chat, one) for one in people if one is not None], len(chat.members) > last

    def add(self, chat: Conversation, body: Json, gone: Collection[str], *, blocked: bool) -> str:
        """Add one person; who is there already stays as they are. Their membership."""
        wanted = wanted_member(body)
        person = self._chats.person(wanted.key, gone)
        check_member(person, wanted)
        if blocked:
            raise roster_blocked()
        if person.aad_object_id not in chat.members:
            if len(chat.members) >= MOST:
                raise bad_request("The chat has as many members as it can have.")
            self._people.add(chat, [person])
            chat.changed_at = timestamp()
        if wanted.role == "guest":
            chat.guests.add(person.aad_object_id)
        if wanted.history_from != FROM_THE_BEGINNING:
            chat.histories[person.aad_object_id] = wanted.history_from or timestamp()
        return self._membership(chat, person)

    def remove(self, chat: Conversation, membership: str) -> None:
        """Remove the person of this membership."""
        person = self._person_of(chat, membership)
        if person is None or not self._people.remove(chat, [person]):
            raise not_found("The member was not found in the chat.")
        chat.guests.discard(person.aad_object_id)
        chat.histories.pop(person.aad_object_id, None)
        chat.changed_at = timestamp()

    def _shown(self, chat: Conversation, person: Person) -> Json:
        return {
            "@odata.type": "#microsoft.graph.aadUserConversationMember",
            "id": self._membership(chat, person),
            "roles": ["guest" if person.aad_object_id in chat.guests else "owner"],
            "displayName": person.name,
            "visibleHistoryStartDateTime": chat.histories.get(person.aad_object_id, FROM_THE_BEGINNING),
            "userId": person.aad_object_id,
            "email": person.email,
            "tenantId": self._roster.company.tenant_of(person),
        }

    def _membership(self, chat: Conversation, person: Person) -> str:
        parts = ("1", self._roster.company.tenant_id, chat.id, person.aad_object_id)
        return base64.urlsafe_b64encode("##".join(parts).encode()).decode()

    def _person_of(self, chat: Conversation, membership: str) -> Person | None:
        try:
            *_, of_chat, key = base64.urlsafe_b64decode(membership).decode().split("##")
        except (binascii.Error, UnicodeDecodeError, ValueError):
            raise bad_request(f"Invalid id '{membership}' provided.") from None
        return self._roster.person(key) if of_chat == chat.id else None


def roster_blocked() -> GraphError:
    """Teams takes nobody more (issue 19197 of microsoftgraph/microsoft-graph-docs)."""
    inner = {"code": "209", "message": "RosterAddMemberBlocked-Roster is blocked from add member."}
    return GraphError(403, "Forbidden", "Roster is blocked from add member.", inner=inner)
