"""Group chats as Graph makes, shows, renames and deletes them."""

from collections.abc import Collection, Mapping
from urllib.parse import quote

from sandbox.company import Person
from sandbox.graph_errors import bad_request, no_licence, not_found
from sandbox.teams.chats import Chats
from sandbox.teams.conversations import Conversations
from sandbox.teams.graph.bodies import WantedMember, wanted_chat, wanted_topic
from sandbox.teams.graph.call import number_in
from sandbox.teams.state import Conversation, Json, timestamp

LARGEST_PAGE = 50


class GraphChats:
    """Reads and changes group chats. Every method raises GraphError."""

    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations
        self._chats = Chats(conversations)

    def create(self, body: Json, gone: Collection[str], dropped: Collection[str]) -> Json:
        """Make a chat of people; ``gone`` are not in the directory, ``dropped`` are left out silently."""
        topic, wanted = wanted_chat(body)
        people = [(self.person(one.key, gone), one) for one in wanted]
        for person, one in people:
            check_member(person, one)
        kept = [(person, one) for person, one in people if person.aad_object_id not in dropped]
        chat = self._chats.open([person for person, _ in kept], topic, meeting=False)
        chat.guests = {person.aad_object_id for person, one in kept if one.role == "guest"}
        return self.shown(chat, context="$metadata#chats/$entity")

    def find(self, key: str) -> Conversation:
        """The chat with this id."""
        chat = self._chats.find(key)
        if chat is None:
            raise not_found("The chat was not found.")
        return chat

    def of_person(self, key: str, query: Mapping[str, str], gone: Collection[str]) -> tuple[list[Json], bool]:
        """A page of the group chats that a person is in, and whether there are more."""
        person, first, most = self.person(key, gone), number_in(query, "$skip"), number_in(query, "$top")
        chats = [
            chat
            for chat in self._conversations.state.conversations.values()
            if chat.kind == "group" and person.aad_object_id in chat.members
        ]
        chats.sort(key=lambda chat: chat.changed_at, reverse=True)
        last = first + min(most or LARGEST_PAGE, LARGEST_PAGE)
        return [self.shown(chat) for chat in chats[first:last]], len(chats) > last

    def rename(self, chat: Conversation, body: Json) -> Json:
        """Give the chat another topic."""
        self._chats.set_topic(chat, wanted_topic(body.get("topic")))
        chat.changed_at = timestamp()
        return self.shown(chat, context="$metadata#chats/$entity")

    def delete(self, chat: Conversation) -> None:
        """Take the chat away from everybody; Teams could bring it back for seven days."""
        del self._conversations.state.conversations[chat.id]
        self._conversations.lists_changed()

    def person(self, key: str, gone: Collection[str]) -> Person:
        """The person of this tenant's directory with this object id or e-mail."""
        person = self._conversations.roster.person(key)
        is_ours = person is not None and person.tenant is None and person.aad_object_id not in gone
        if person is None or not is_ours or key not in (person.aad_object_id, person.email):
            raise not_found(f"Resource '{key}' does not exist.")
        return person

    def shown(self, chat: Conversation, *, context: str | None = None) -> Json:
        """The chat as Graph shows it."""
        tenant = self._conversations.roster.company.tenant_id
        address = f"https://teams.microsoft.com/l/chat/{quote(chat.id, safe='')}/0?tenantId={tenant}"
        return ({} if context is None else {"@odata.context": context}) | {
            "id": chat.id,
            "topic": chat.name or None,
            "createdDateTime": chat.created_at,
            "lastUpdatedDateTime": chat.changed_at,
            "chatType": "group",
            "webUrl": address,
            "tenantId": tenant,
            "onlineMeetingInfo": None,
            "viewpoint": None,
        }


def check_member(person: Person, wanted: WantedMember) -> None:
    """They have Teams; guests are asked for as guests, all others as owners. Raises GraphError."""
    if not person.has_teams:
        raise no_licence()
    if (person.guest_from is not None) != (wanted.role == "guest"):
        raise bad_request(f"Invalid role '{wanted.role}' for the member '{wanted.key}'.")
