"""What people do in Teams besides clicking: write messages, and install and remove the bot."""

import logging

from sandbox.company import Person, Team
from sandbox.teams.activities import Activities
from sandbox.teams.bot_endpoint import BotEndpoint
from sandbox.teams.conversations import Conversations
from sandbox.teams.errors import ConnectorError
from sandbox.teams.state import Conversation, Json, Message

log = logging.getLogger(__name__)


class UserActions:
    """Acts as a person and tells the bot of it."""

    def __init__(self, conversations: Conversations, activities: Activities, bot: BotEndpoint) -> None:
        self._conversations = conversations
        self._activities = activities
        self._bot = bot

    def write(
        self, person: Person, conversation: Conversation, text: str, *, reply_to: str | None, to_bot: bool
    ) -> Message:
        """Add a person's message; with ``to_bot`` a message in a channel mentions the bot."""
        content: Json = {"text": text}
        if to_bot and conversation.kind != "personal":
            content = self._activities.mention(text)
        if reply_to is not None:
            reply_to = self._conversations.existing_message(conversation, reply_to).thread
        if conversation.kind == "personal":
            self._conversations.open_chat(person)
        return self._conversations.post(
            conversation, self._activities.message_content(person, content), person, reply_to
        )

    def delete(self, person: Person, conversation: Conversation, message_id: str) -> None:
        """Delete a message as a person may: their own, and in a channel anybody's, as a team's owner.

        The bot is not told; it learns of it when it edits the message.
        """
        message = self._conversations.existing_message(conversation, message_id)
        if conversation.kind != "channel" and message.author != person.aad_object_id:
            raise ConnectorError(403, "Forbidden", "The message is somebody else's.")
        self._conversations.delete(conversation, message, gone_answer=403)

    async def deliver_to_bot(
        self, person: Person, conversation: Conversation, message: Message
    ) -> int | None:
        """Deliver a message to the bot; the HTTP status, or None if the bot did not answer."""
        return await self._deliver(self._activities.message(person, conversation, message))

    async def install(self, person: Person, team: Team | None) -> list[int | None]:
        """Install the bot in a team, or without one in the person's own chat; the answers' statuses."""
        if team is None:
            self._conversations.open_chat(person)
            return []
        self._conversations.enter_team(team)
        return [await self._deliver(a) for a in self._activities.installation(person, team)]

    async def uninstall(self, person: Person, team: Team | None) -> list[int | None]:
        """Remove the bot from a team, or without one from the person's own chat; the answers' statuses."""
        if team is None:
            self._conversations.remove_bot(self._conversations.personal_chat(person))
            return []
        self._conversations.leave_team(team)
        activities = self._activities.installation(person, team, removed=True)
        return [await self._deliver(a) for a in activities]

    async def _deliver(self, activity: Json) -> int | None:
        answer = await self._bot.deliver(activity)
        if answer.status is None or answer.status >= 400:
            log.warning("the bot answered %s to a %s activity", answer.status, activity["type"])
        return answer.status
