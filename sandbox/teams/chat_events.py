"""Build the activities that tell the bot what happens to a group chat, from its own coming on.

A chat has no team and its events have no ``eventType``: they say by ``membersAdded``, ``membersRemoved`` or
``topicName`` what happened (msteams-docs, *subscribe-to-conversation-events*).
"""

from sandbox.company import Person
from sandbox.teams.activities import conversation_account, envelope, meeting_of
from sandbox.teams.roster import Roster
from sandbox.teams.state import Conversation, Json


class ChatEvents:
    """Builds ``installationUpdate`` and ``conversationUpdate``; ``by`` is None where nobody is named."""

    def __init__(self, roster: Roster, service_url: str) -> None:
        self._roster = roster
        self._service_url = service_url

    def installation(self, by: Person | None, chat: Conversation, *, added: bool) -> list[Json]:
        """The bot was added to the chat, or removed from it."""
        members = "membersAdded" if added else "membersRemoved"
        return [
            self._about(by, chat, "conversationUpdate") | {members: [{"id": self._roster.bot_account["id"]}]},
            self._installation(by, chat, "add" if added else "remove"),
        ]

    def upgrade(self, by: Person | None, chat: Conversation) -> Json:
        """The app's newer version came into the chat."""
        return self._installation(by, chat, "add-upgrade")

    def members(self, by: Person | None, chat: Conversation, people: list[Person], *, added: bool) -> Json:
        """These people came or went."""
        accounts = [{"id": person.teams_id, "aadObjectId": person.aad_object_id} for person in people]
        members = "membersAdded" if added else "membersRemoved"
        return self._about(by, chat, "conversationUpdate") | {members: accounts}

    def topic(self, by: Person | None, chat: Conversation) -> Json:
        """The chat has the topic that it has now."""
        return self._about(by, chat, "conversationUpdate") | {"topicName": chat.name}

    def _installation(self, by: Person | None, chat: Conversation, action: str) -> Json:
        activity = self._about(by, chat, "installationUpdate") | {"action": action}
        activity["channelData"]["source"] = {"name": "message"}
        return activity

    def _about(self, by: Person | None, chat: Conversation, type_: str) -> Json:
        tenant = self._roster.company.tenant_id
        sender = self._roster.nobody if by is None else self._roster.account(by)
        return envelope(type_, sender, self._roster.bot_account, self._service_url) | {
            "conversation": conversation_account(chat, tenant),
            "channelData": {"tenant": {"id": tenant}} | meeting_of(chat),
        }
