"""What people do to group chats: open them, add and remove people, give them a topic; the bot hears of it."""

from typing import Annotated, Literal, Self

from fastapi import HTTPException
from pydantic import BaseModel, ConfigDict, Field, model_validator

from sandbox.company import Person
from sandbox.teams.announcements import Announcement, Announcements
from sandbox.teams.chat_events import ChatEvents
from sandbox.teams.chats import TOPIC_LIMIT, Chats
from sandbox.teams.conversations import Conversations
from sandbox.teams.lookups import find_chat, find_person
from sandbox.teams.state import Conversation, Json

Topic = Annotated[str, Field(max_length=TOPIC_LIMIT, pattern="^[^:]*$")]


class NewChat(BaseModel):
    """A chat that a person opens with others."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    person: str
    people: Annotated[tuple[str, ...], Field(min_length=1)]
    topic: Topic | None = None
    meeting: bool = False
    """Whether it is the chat of a meeting."""


class ChatEventRequest(Announcement):
    """What happens to a chat. ``event`` is the name of what the bot's activity has."""

    chat: str
    event: Literal["membersAdded", "membersRemoved", "topicName"]
    people: tuple[str, ...] = ()
    """Who comes or goes."""
    topic: Topic | None = None
    by: str | None = None
    """Who did it, a member; None for nobody."""

    @model_validator(mode="after")
    def _names_what_it_is_about(self) -> Self:
        if self.event == "topicName" and self.topic is None:
            raise ValueError('"topicName" needs a "topic"')
        if self.event != "topicName" and not self.people:
            raise ValueError(f'"{self.event}" needs "people"')
        return self


class ChatLife:
    """Changes group chats. What is answered is to be delivered: nothing where the app is not in the chat."""

    def __init__(
        self, conversations: Conversations, events: ChatEvents, announcements: Announcements
    ) -> None:
        self._conversations = conversations
        self._chats = Chats(conversations)
        self._events = events
        self._announcements = announcements

    def open(self, wanted: NewChat) -> Conversation:
        """Open a chat; raises the HTTP error that says who is missing."""
        people = [find_person(self._conversations, key) for key in (wanted.person, *wanted.people)]
        if len({person.aad_object_id for person in people}) == 1:
            raise HTTPException(422, "a chat needs somebody else")
        return self._chats.open(people, wanted.topic or "", meeting=wanted.meeting)

    def happen(self, wanted: ChatEventRequest) -> list[Json]:
        """Change the chat; raises the HTTP error that says what cannot be."""
        by = None if wanted.by is None else find_person(self._conversations, wanted.by)
        chat = find_chat(self._chats, wanted.chat, by)
        people = [find_person(self._conversations, key) for key in wanted.people]
        activity = self._change(wanted, chat, None if wanted.by_nobody else by, people)
        if activity is None or not chat.has_app:
            return []
        return self._announcements.due(chat.id, [activity], wanted)

    def _change(
        self, wanted: ChatEventRequest, chat: Conversation, by: Person | None, people: list[Person]
    ) -> Json | None:
        """The activity that tells of the change; None where nothing changed."""
        if wanted.event == "topicName":
            self._chats.set_topic(chat, wanted.topic or "")
            return self._events.topic(by, chat)
        added = wanted.event == "membersAdded"
        changed = self._chats.add(chat, people) if added else self._chats.remove(chat, people)
        return self._events.members(by, chat, changed, added=added) if changed else None
