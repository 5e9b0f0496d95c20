"""What people do in conversations besides clicking: write messages, share cards and delete both."""

from sandbox.company import Person
from sandbox.teams.activities import Activities
from sandbox.teams.conversations import Conversations
from sandbox.teams.deliveries import Deliveries
from sandbox.teams.errors import ConnectorError
from sandbox.teams.mentions import mention, mention_in_front, mentions
from sandbox.teams.state import Conversation, Json, Message


class UserActions:
    """Acts as a person and tells the bot of it."""

    def __init__(self, conversations: Conversations, activities: Activities, deliveries: Deliveries) -> None:
        self._conversations = conversations
        self._activities = activities
        self._deliveries = deliveries

    def write(self, person: Person, conversation: Conversation, text: str, reply_to: str | None) -> Message:
        """Add a person's message; ``@Name`` mentions a member, or the bot where it is in the conversation."""
        accounts = self._people(conversation)
        if self._conversations.bot_is_in(conversation):
            accounts.append(self._bot)
        return self._write(person, conversation, mention(text, accounts), reply_to)

    def write_to_bot(
        self, person: Person, conversation: Conversation, text: str, reply_to: str | None
    ) -> Message:
        """Add a message that the bot hears: in a channel it gets a mention in front, unless it has one."""
        content = mention(text, [*self._people(conversation), self._bot])
        if conversation.kind != "personal" and not mentions(content, self._bot):
            content = mention_in_front(content, self._bot)
        return self._write(person, conversation, content, reply_to)

    def share(self, person: Person, conversation: Conversation, card: Json, reply_to: str | None) -> Message:
        """Add a message of the person's with a card of the app's: an attachment."""
        content: Json = {"text": "", "entities": [], "attachments": [card]}
        return self._write(person, conversation, content, reply_to)

    def delete(self, person: Person, conversation: Conversation, message_id: str) -> None:
        """Delete a message as a person may: their own, and in a channel anybody's, as a team's owner.

        A targeted message is not the owner's matter, and its person is not who wrote it.

        The bot is not told; it learns of it when it edits the message.
        """
        message = self._conversations.message_for(conversation, message_id, person)
        of_the_team = conversation.kind == "channel" and message.to is None
        if not of_the_team and message.author != person.aad_object_id:
            raise ConnectorError(403, "Forbidden", "The message is somebody else's.")
        self._conversations.delete(conversation, message, gone_answer=403)

    def is_for_bot(self, conversation: Conversation, message: Message) -> bool:
        """Whether Teams tells the bot of the message: in a channel only where it is mentioned."""
        return conversation.kind == "personal" or mentions(message.activity, self._bot)

    async def deliver_to_bot(
        self, person: Person, conversation: Conversation, message: Message
    ) -> int | None:
        """Deliver a message to the bot; the HTTP status, or None if the bot did not answer."""
        return await self._deliveries.deliver(self._activities.message(person, conversation, message))

    @property
    def _bot(self) -> Json:
        return self._conversations.roster.bot_account

    def _people(self, conversation: Conversation) -> list[Json]:
        people = self._conversations.people_in(conversation)
        return [self._conversations.roster.account(person) for person in people]

    def _write(
        self, person: Person, conversation: Conversation, content: Json, reply_to: str | None
    ) -> Message:
        if reply_to is not None:
            reply_to = self._conversations.thread_of(conversation, reply_to)
        if conversation.kind == "personal":
            self._conversations.open_chat(person)
        return self._conversations.post(
            conversation, self._activities.message_content(person, content), person, reply_to
        )
