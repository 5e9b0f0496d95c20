"""Add the app to a team or group chat, upgrade it there and remove it, and tell the bot as Teams does."""

from typing import Literal

from sandbox.company import Person, Team
from sandbox.teams.announcements import ONCE, Announcement, Announcements
from sandbox.teams.chat_events import ChatEvents
from sandbox.teams.chats import Chats
from sandbox.teams.conversations import Conversations
from sandbox.teams.state import Conversation, Json
from sandbox.teams.team_events import TeamEvents
from sandbox.teams.teams import Teams

Order = Literal["conversation_update_first", "installation_first"]


class InstallationAnnouncement(Announcement):
    """How the bot hears of an installation or a removal: of both activities, in either order."""

    order: Order = "conversation_update_first"

    def in_order(self, activities: list[Json]) -> list[Json]:
        """The conversation update and the installation update in the order of their delivery."""
        return activities if self.order == "conversation_update_first" else list(reversed(activities))


class Installations:
    """Installs, upgrades and removes the bot. What is answered is what is to be delivered."""

    def __init__(
        self,
        conversations: Conversations,
        events: TeamEvents,
        chat_events: ChatEvents,
        announcements: Announcements,
    ) -> None:
        self._conversations = conversations
        self._teams = Teams(conversations)
        self._chats = Chats(conversations)
        self._events = events
        self._chat_events = chat_events
        self._announcements = announcements

    def install(self, person: Person, team: Team, channel: str, how: Announcement = ONCE) -> list[Json]:
        """Install the bot in a team, with this channel chosen."""
        self._teams.enter(team)
        activities = self._events.installation(_sender(person, how), team, channel)
        return self._announcements.due(team.id, activities, how)

    def upgrade(self, person: Person, team: Team, how: Announcement = ONCE) -> list[Json]:
        """Give the team the app's newer version."""
        return self._announcements.due(team.id, [self._events.upgrade(_sender(person, how), team)], how)

    def uninstall(self, person: Person, team: Team, how: Announcement = ONCE) -> list[Json]:
        """Remove the bot from a team and from all its channels."""
        self._teams.leave(team)
        return self._announcements.due(team.id, self._events.removal(_sender(person, how), team), how)

    def install_in_chat(self, person: Person, chat: Conversation, how: Announcement = ONCE) -> list[Json]:
        """Add the bot to a group chat."""
        self._chats.set_app(chat, has_app=True)
        return self._announcements.due(
            chat.id, self._chat_events.installation(_sender(person, how), chat, added=True), how
        )

    def upgrade_in_chat(self, person: Person, chat: Conversation, how: Announcement = ONCE) -> list[Json]:
        """Give the group chat the app's newer version."""
        return self._announcements.due(chat.id, [self._chat_events.upgrade(_sender(person, how), chat)], how)

    def uninstall_from_chat(self, person: Person, chat: Conversation, how: Announcement = ONCE) -> list[Json]:
        """Remove the bot from a group chat."""
        self._chats.set_app(chat, has_app=False)
        return self._announcements.due(
            chat.id, self._chat_events.installation(_sender(person, how), chat, added=False), how
        )

    def install_for(self, person: Person) -> None:
        """Install the bot in the person's own chat; the bot is not told."""
        self._conversations.open_chat(person)

    def uninstall_for(self, person: Person) -> None:
        """Remove the bot from the person's own chat; the bot is not told."""
        self._conversations.remove_bot(self._conversations.personal_chat(person))


def _sender(person: Person, how: Announcement) -> Person | None:
    return None if how.by_nobody else person
