"""Add the app to a team and remove it, and tell the bot as Teams does: in any order, once, often or never."""

from dataclasses import dataclass
from typing import Literal

from sandbox.company import Person, Team
from sandbox.teams.activities import as_new_delivery
from sandbox.teams.conversations import Conversations
from sandbox.teams.deliveries import Deliveries
from sandbox.teams.state import Json
from sandbox.teams.team_events import TeamEvents
from sandbox.teams.teams import Teams

Order = Literal["conversation_update_first", "installation_first"]
Only = Literal["installationUpdate", "conversationUpdate", "none"]


@dataclass(frozen=True, slots=True)
class Announcement:
    """How the bot hears of an installation or a removal."""

    repeat: int = 1
    """How often each activity is delivered, each time with a new id and time."""
    order: Order = "conversation_update_first"
    by_nobody: bool = False
    """Whether the sender is nobody: a policy or Graph installed the app."""
    only: Only | None = None
    """The only activity that is sent; None for both."""

    def deliveries(self, activities: list[Json]) -> list[Json]:
        """What is delivered of a conversation update and an installation update, in this order."""
        ordered = activities if self.order == "conversation_update_first" else list(reversed(activities))
        sent = [one for one in ordered if self.only in (None, one["type"])]
        return [one if number == 0 else as_new_delivery(one) for one in sent for number in range(self.repeat)]


_ONCE = Announcement()


class Installations:
    """Installs and removes the bot."""

    def __init__(self, conversations: Conversations, events: TeamEvents, deliveries: Deliveries) -> None:
        self._conversations = conversations
        self._teams = Teams(conversations)
        self._events = events
        self._deliveries = deliveries

    def install(self, person: Person, team: Team, channel: str, how: Announcement = _ONCE) -> list[Json]:
        """Install the bot in a team, with this channel chosen; what is to be delivered."""
        self._teams.enter(team)
        return how.deliveries(self._events.installation(None if how.by_nobody else person, team, channel))

    def uninstall(self, person: Person, team: Team, how: Announcement = _ONCE) -> list[Json]:
        """Remove the bot from a team; what is to be delivered."""
        self._teams.leave(team)
        return how.deliveries(self._events.removal(None if how.by_nobody else person, team))

    def install_for(self, person: Person) -> None:
        """Install the bot in the person's own chat; the bot is not told."""
        self._conversations.open_chat(person)

    def uninstall_for(self, person: Person) -> None:
        """Remove the bot from the person's own chat; the bot is not told."""
        self._conversations.remove_bot(self._conversations.personal_chat(person))

    async def deliver(self, activities: list[Json]) -> list[int | None]:
        """Deliver one after the other; the statuses of the answers."""
        return [await self._deliveries.deliver(one) for one in activities]

    def deliver_in_background(self, activities: list[Json]) -> None:
        """Deliver one after the other, for a page that does not wait."""
        self._deliveries.in_background(activities)
