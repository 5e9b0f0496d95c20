"""Read and change conversations: messages, unread counts, installations. Open pages are told of changes."""

import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from sandbox.company import Person
from sandbox.teams.errors import (
    activity_not_found,
    bot_not_in_roster,
    conversation_not_found,
    member_not_found,
    writes_blocked,
)
from sandbox.teams.message_views import message_view
from sandbox.teams.roster import Roster
from sandbox.teams.server_sent_events import PageEvent, ServerSentEvents
from sandbox.teams.state import Call, Conversation, Json, Message, State, Version, timestamp

THREAD_MARK = ";messageid="


def split_thread(conversation_id: str) -> tuple[str, str | None]:
    """Split a conversation id: its base, and the id of the thread's first message, if it names one."""
    base, mark, root = conversation_id.partition(THREAD_MARK)
    return base, root if mark else None


class Conversations:
    """Writes the simulator's state; nothing else writes it."""

    def __init__(
        self, roster: Roster, state: State, server_sent_events: ServerSentEvents, changed: Callable[[], None]
    ) -> None:
        self.roster = roster
        self.state = state
        self._server_sent_events = server_sent_events
        self._changed = changed

    def get(self, conversation_id: str) -> Conversation:
        """The conversation with this id (with or without a thread); raises ConversationNotFound."""
        conversation = self.state.conversations.get(split_thread(conversation_id)[0])
        if conversation is None:
            raise conversation_not_found()
        return conversation

    def personal_chat(self, person: Person) -> Conversation:
        """The person's chat with the bot."""
        return self.state.conversations[self.roster.personal_chat_id(person)]

    def seen_by(self, person: Person) -> Iterable[Conversation]:
        """The conversations this person is a member of, without what was deleted."""
        return (
            c
            for c in self.state.conversations.values()
            if person.aad_object_id in c.members and not self._is_deleted(c)
        )

    def people_in(self, conversation: Conversation) -> list[Person]:
        """The conversation's people, without the bot."""
        found = (self.roster.person(member) for member in conversation.members)
        return [person for person in found if person is not None]

    def get_as_member(self, conversation_id: str, person: Person) -> Conversation:
        """The conversation, if the person is a member; raises MemberNotFoundInConversation."""
        conversation = self.get(conversation_id)
        if self._is_deleted(conversation):
            raise conversation_not_found()
        if person.aad_object_id not in conversation.members:
            raise member_not_found()
        return conversation

    def get_to_write(self, conversation_id: str, person: Person) -> Conversation:
        """The conversation, if the person may write and click there; raises as ``get_as_member``, or 403."""
        conversation = self.get_as_member(conversation_id, person)
        if self.is_archived(conversation):
            raise writes_blocked()
        return conversation

    def get_as_bot(self, conversation_id: str, *, writing: bool) -> Conversation:
        """The conversation, if the bot may read it, or write there.

        Raises ConversationNotFound, also for what was deleted, BotNotInConversationRoster, and for a write
        into an archived team MessageWritesBlocked.
        """
        conversation = self.get(conversation_id)
        if self._is_deleted(conversation):
            raise conversation_not_found()
        if not self.bot_is_in(conversation):
            raise bot_not_in_roster()
        if writing and self.is_archived(conversation):
            raise writes_blocked()
        return conversation

    def is_archived(self, conversation: Conversation) -> bool:
        """Whether it is a channel of an archived team."""
        return conversation.team in self.state.archived_teams

    def existing_message(self, conversation: Conversation, message_id: str) -> Message:
        """The message, if it is not deleted; raises ActivityNotFoundInConversation."""
        message = conversation.message(message_id)
        if message is None or message.deleted_at is not None:
            raise activity_not_found()
        return message

    def shared_message(self, conversation: Conversation, message_id: str) -> Message:
        """The message, if everybody sees it; raises ActivityNotFoundInConversation."""
        message = self.existing_message(conversation, message_id)
        if message.to is not None:
            raise activity_not_found()
        return message

    def thread_of(self, conversation: Conversation, message_id: str) -> str | None:
        """The thread that a reply to the message joins; None in a chat, where it is a message of its own.

        Raises ActivityNotFoundInConversation.
        """
        message = self.shared_message(conversation, message_id)
        return message.thread if conversation.kind == "channel" else None

    def message_for(self, conversation: Conversation, message_id: str, person: Person) -> Message:
        """The message, if this person sees it; raises ActivityNotFoundInConversation."""
        message = self.existing_message(conversation, message_id)
        if not message.is_for(person.aad_object_id):
            raise activity_not_found()
        return message

    def post(
        self, conversation: Conversation, activity: Json, author: Person | None, reply_to: str | None
    ) -> Message:
        """Add a message of a person, or of the bot if ``author`` is None."""
        message = self._add(conversation, activity, reply_to, author=author)
        for member in conversation.members:
            if member != message.author:
                self._count_unread(member, conversation)
        return message

    def post_targeted(
        self,
        conversation: Conversation,
        activity: Json,
        to: Person,
        reply_to: str | None,
        expires_at: datetime,
    ) -> Message:
        """Add a message of the bot that one person sees until ``expires_at``; it is no unread one."""
        return self._add(conversation, activity, reply_to, to=to.aad_object_id, expires_at=expires_at)

    def edit(self, conversation: Conversation, message: Message, activity: Json) -> None:
        """Replace the message's content, for everybody."""
        versions = (*message.versions, Version(at=timestamp(), activity=activity))
        self._change(conversation, message, versions=versions, private_cards={}, refreshed_at={})

    def delete(self, conversation: Conversation, message: Message, gone_answer: int = 404) -> None:
        """Delete the message; ``gone_answer`` is the status of the bot's later edits and deletes of it."""
        self._change(conversation, message, deleted_at=timestamp(), gone_answer=gone_answer, private_cards={})

    def show_privately(self, conversation: Conversation, message_id: str, person: Person, card: Json) -> None:
        """Show a card in place of the message to one person, if the message is not deleted."""
        message = conversation.message(message_id)
        if message is not None and message.deleted_at is None:
            reader = person.aad_object_id
            self._change(
                conversation, message, to=[reader], private_cards={**message.private_cards, reader: card}
            )

    def mark_refreshed(
        self, conversation: Conversation, message_id: str, person: Person, at: datetime
    ) -> None:
        """The person's client got the card of the message then, or asked for a newer one."""
        message = self.existing_message(conversation, message_id)
        refreshed_at = {**message.refreshed_at, person.aad_object_id: at}
        conversation.replace(message.model_copy(update={"refreshed_at": refreshed_at}))
        self._changed()

    def mark_read(self, conversation: Conversation, person: Person) -> None:
        """Set the person's unread count of the conversation to zero."""
        counts = self.state.unread.get(person.aad_object_id, {})
        if counts.pop(conversation.id, 0):
            self._changed()
            self._tell_unread(person.aad_object_id, conversation)

    def unread(self, conversation: Conversation, person: Person) -> int:
        """How many messages came since the person last read the conversation."""
        return self.state.unread.get(person.aad_object_id, {}).get(conversation.id, 0)

    def bot_is_in(self, conversation: Conversation) -> bool:
        """Whether the bot may send messages there."""
        return self.roster.bot_is_in(self.state, conversation)

    def set_clock_ahead(self, ahead: timedelta) -> None:
        """Keep how far the clock of ages was moved."""
        self.state.clock_ahead = ahead
        self._changed()

    def record(self, call: Call) -> None:
        """Keep a connector call for the records."""
        self.state.calls.append(call)
        self._changed()

    def remove_bot(self, conversation: Conversation) -> None:
        """Remove the bot from the chat, or from the channel's team, without telling the bot."""
        if conversation.kind == "group":
            conversation.has_app = False
        elif conversation.team is None:
            self.state.closed_chats.add(conversation.id)
        else:
            self.state.installed_teams.discard(conversation.team)
        self.lists_changed()

    def open_chat(self, person: Person) -> None:
        """Install the bot in the person's own chat."""
        self.state.personal_installs.add(person.aad_object_id)
        self.state.closed_chats.discard(self.roster.personal_chat_id(person))
        self._changed()

    def lists_changed(self) -> None:
        """Something of the lists on the page's left changed: open pages read them again."""
        self._changed()
        self._server_sent_events.publish_to_all(PageEvent("lists", {}))

    def replace_state(self, state: State) -> None:
        """Replace the whole state; open pages load again."""
        self.state = state
        self._changed()
        self._server_sent_events.publish_to_all(PageEvent("reset", {}))

    def _add(
        self,
        conversation: Conversation,
        activity: Json,
        reply_to: str | None,
        *,
        author: Person | None = None,
        to: str | None = None,
        expires_at: datetime | None = None,
    ) -> Message:
        now = timestamp()
        message = Message(
            id=self._next_id(),
            reply_to=reply_to,
            author=None if author is None else author.aad_object_id,
            to=to,
            expires_at=expires_at,
            created_at=now,
            versions=(Version(at=now, activity=activity),),
        )
        conversation.messages.append(message)
        self._show(conversation, message)
        return message

    def _is_deleted(self, conversation: Conversation) -> bool:
        return conversation.deleted or conversation.team in self.state.deleted_teams

    def _next_id(self) -> str:
        # An id is used once, also when many messages come within one millisecond or the clock steps back.
        self.state.last_message_id = max(int(time.time() * 1000), self.state.last_message_id + 1)
        return str(self.state.last_message_id)

    def _change(
        self, conversation: Conversation, message: Message, to: list[str] | None = None, **fields: Any
    ) -> None:
        changed = message.model_copy(update=fields)
        conversation.replace(changed)
        self._show(conversation, changed, to)

    def _show(self, conversation: Conversation, message: Message, to: list[str] | None = None) -> None:
        self._changed()
        readers = [member for member in conversation.members if message.is_for(member)]
        for member in readers if to is None else to:
            view = message_view(self.roster, message, member)
            self._server_sent_events.publish(
                member, PageEvent("message", view | {"conversation": conversation.id})
            )

    def _count_unread(self, member: str, conversation: Conversation) -> None:
        counts = self.state.unread.setdefault(member, {})
        counts[conversation.id] = counts.get(conversation.id, 0) + 1
        self._tell_unread(member, conversation)

    def _tell_unread(self, member: str, conversation: Conversation) -> None:
        count = self.state.unread.get(member, {}).get(conversation.id, 0)
        self._server_sent_events.publish(
            member, PageEvent("unread", {"conversation": conversation.id, "unread": count})
        )
