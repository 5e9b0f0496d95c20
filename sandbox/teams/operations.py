"""The connector's write operations.

An operation is made from a valid body and run afterwards, so that a fault can come between.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.company import Person
from sandbox.teams.connector_bodies import (
    ConversationParameters,
    check_no_recipient,
    parse_activity,
    parse_parameters,
    parse_recipient,
)
from sandbox.teams.conversations import THREAD_MARK, Conversations, split_thread
from sandbox.teams.errors import (
    ConnectorError,
    activity_not_found,
    bad_syntax,
    member_not_found,
    service_error,
)
from sandbox.teams.rate_limits import Group, RateWindows
from sandbox.teams.state import Conversation, Json, Message
from sandbox.teams.targeted import TargetedMessages


@dataclass(frozen=True, slots=True)
class Result:
    """The answer of a successful call, and the message that it created, if any."""

    status: int
    body: Any
    created: Message | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """A call whose body is valid and which has not run yet."""

    on: str
    """The kind of call, as faults name it."""
    conversation_id: str
    message_id: str | None
    """The existing message that the call is about."""
    run: Callable[[], Result]
    """Runs the call; raises ConnectorError."""
    targeted: bool = False
    """Whether the call says that it is about a targeted message."""

    @property
    def properties(self) -> dict[str, object]:
        """What a fault can match; ``connector_calls.FAULTS`` lists the keys."""
        return {
            "conversation": self.conversation_id,
            "message": self.message_id,
            "targeted": "true" if self.targeted else "false",
        }


class WriteOperations:
    """Opening conversations, and sending, changing and deleting the bot's messages."""

    def __init__(self, conversations: Conversations, limits: RateWindows, targeted: TargetedMessages) -> None:
        self._conversations = conversations
        self._limits = limits
        self._targeted = targeted

    def open(self, body: Json) -> Operation:
        """``POST /v3/conversations``: a thread in a channel, or the chat with a person."""
        parameters = parse_parameters(body)
        company = self._conversations.roster.company
        if parameters.channelData.channel is not None:
            _check_tenant(parameters, company.tenant_id)
            return self._open_thread(parameters.channelData.channel.id, body["activity"])
        person = self._person(parameters.members[0].id)
        _check_tenant(parameters, company.tenant_of(person))
        return self._open_chat(person, body.get("activity"))

    def send(self, conversation_id: str, body: Json, *, targeted: bool) -> Operation:
        """Send a message; if the id ends in ``;messageid=N``, a reply in that thread."""
        base, root = split_thread(conversation_id)
        return self._sending("create" if root is None else "reply", base, root, body, targeted)

    def reply(self, conversation_id: str, message_id: str, body: Json, *, targeted: bool) -> Operation:
        """Send a reply to a message."""
        return self._sending("reply", split_thread(conversation_id)[0], message_id, body, targeted)

    def edit(self, conversation_id: str, message_id: str, body: Json, *, targeted: bool) -> Operation:
        """Replace the content of a message of the bot."""
        parse_activity(body)
        if targeted:
            check_no_recipient(body)
        base, _ = split_thread(conversation_id)

        def run() -> Result:
            conversation = self._admit(base, "write", targeted)
            message = self._own_message(conversation, message_id, targeted)
            self._conversations.edit(conversation, message, self._from_bot(body))
            return Result(200, {"id": message_id})

        return Operation("edit", base, message_id, run, targeted)

    def delete(self, conversation_id: str, message_id: str, body: Json, *, targeted: bool) -> Operation:
        """Delete a message of the bot."""
        if targeted:
            check_no_recipient(body)
        base, _ = split_thread(conversation_id)

        def run() -> Result:
            conversation = self._admit(base, None, targeted)
            message = self._own_message(conversation, message_id, targeted)
            self._conversations.delete(conversation, message)
            return Result(200, None)

        return Operation("delete", base, message_id, run, targeted)

    def _open_thread(self, channel_id: str, activity: Json) -> Operation:
        def run() -> Result:
            conversation = self._admit(channel_id, "write")
            message = self._conversations.post(conversation, self._from_bot(activity), None, None)
            thread = f"{channel_id}{THREAD_MARK}{message.id}"
            return Result(201, {"id": thread, "activityId": message.id}, message)

        return Operation("create", channel_id, None, run)

    def _person(self, member_id: str) -> Person:
        """The person with this ``29:`` id or AAD object id: Teams takes no e-mail here."""
        person = self._conversations.roster.person(member_id)
        if person is None or member_id not in (person.teams_id, person.aad_object_id):
            raise member_not_found()
        return person

    def _open_chat(self, person: Person, activity: Json | None) -> Operation:
        chat_id = self._conversations.personal_chat(person).id

        def run() -> Result:
            conversation = self._admit(chat_id, "write")
            if activity is None:
                return Result(201, {"id": chat_id})
            message = self._conversations.post(conversation, self._from_bot(activity), None, None)
            return Result(201, {"id": chat_id, "activityId": message.id}, message)

        return Operation("open" if activity is None else "create", chat_id, None, run)

    def _sending(self, on: str, base: str, answered: str | None, body: Json, targeted: bool) -> Operation:
        activity = parse_activity(body)
        recipient = parse_recipient(body) if targeted else None

        def run() -> Result:
            conversation = self._admit(base, "write", targeted)
            to = None if recipient is None else self._targeted.recipient(conversation, recipient)
            reply_to = None
            if answered is not None:
                reply_to = self._conversations.thread_of(conversation, answered)
            if activity.type == "typing":
                return Result(201, {})
            content = self._from_bot(body)
            if to is None:
                message = self._conversations.post(conversation, content, None, reply_to)
            else:
                message = self._targeted.post(conversation, content, to, reply_to)
            return Result(201, {"id": message.id}, message)

        return Operation(on, base, answered, run, targeted)

    def _admit(self, conversation_id: str, group: Group | None, targeted: bool = False) -> Conversation:
        if targeted:
            self._targeted.check_switch()
        conversation = self._conversations.get_as_bot(conversation_id, writing=True)
        if group is not None:
            self._limits.admit(group, conversation.id)
        return conversation

    def _own_message(self, conversation: Conversation, message_id: str, targeted: bool) -> Message:
        gone = conversation.message(message_id)
        if gone is not None and (gone.to is not None) != targeted:
            raise activity_not_found()
        if gone is not None and gone.deleted_at is not None and gone.gone_answer == 403:
            raise service_error()
        message = self._conversations.existing_message(conversation, message_id)
        if message.author is not None:
            raise ConnectorError(403, "Forbidden", "The message is not the bot's own.")
        return message

    def _from_bot(self, activity: Json) -> Json:
        return activity | {"from": self._conversations.roster.bot_account}


def _check_tenant(parameters: ConversationParameters, tenant: str) -> None:
    if parameters.tenant != tenant:
        raise bad_syntax("The tenant is missing or is not that of the conversation.")
