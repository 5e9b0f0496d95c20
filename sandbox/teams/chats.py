"""Group chats: people open them, come and go, and give them a topic; the app is added to each by itself.

A chat keeps its messages whoever leaves it, and whoever comes reads them all.
"""

import base64
import uuid

from sandbox.company import Person
from sandbox.teams.conversations import Conversations
from sandbox.teams.state import Conversation

TOPIC_LIMIT = 250
"""Characters of a topic, which cannot hold a colon (docs/platform-facts.md §5.9)."""


class Chats:
    """Reads and changes group chats."""

    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations

    def find(self, key: str) -> Conversation | None:
        """The group chat with this id, or None."""
        found = self._conversations.state.conversations.get(key)
        return found if found is not None and found.kind == "group" else None

    def open(self, people: list[Person], topic: str, *, meeting: bool) -> Conversation:
        """A new chat of these people, without the app."""
        meeting_id = uuid.uuid4().hex if meeting else None
        chat = Conversation(
            id=f"19:meeting_{meeting_id}@thread.v2" if meeting else f"19:{uuid.uuid4().hex}@thread.v2",
            kind="group",
            name=topic,
            members=list(dict.fromkeys(person.aad_object_id for person in people)),
            meeting=None if meeting_id is None else base64.b64encode(meeting_id.encode()).decode(),
        )
        self._conversations.state.conversations[chat.id] = chat
        self._conversations.lists_changed()
        return chat

    def add(self, chat: Conversation, people: list[Person]) -> list[Person]:
        """Add people; who was not in the chat before."""
        new = [person for person in people if person.aad_object_id not in chat.members]
        chat.members.extend(person.aad_object_id for person in new)
        self._conversations.lists_changed()
        return new

    def remove(self, chat: Conversation, people: list[Person]) -> list[Person]:
        """Remove people; who was in the chat."""
        gone = [person for person in people if person.aad_object_id in chat.members]
        for person in gone:
            chat.members.remove(person.aad_object_id)
        self._conversations.lists_changed()
        return gone

    def set_topic(self, chat: Conversation, topic: str) -> None:
        """Give the chat another topic."""
        chat.name = topic
        self._conversations.lists_changed()

    def set_app(self, chat: Conversation, *, has_app: bool) -> None:
        """Add the app to the chat, or remove it."""
        chat.has_app = has_app
        self._conversations.lists_changed()
