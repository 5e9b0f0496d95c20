"""How the bot hears of what happens to a team or chat: at once or later, once, often or never."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.teams.activities import as_new_delivery
from sandbox.teams.conversations import Conversations
from sandbox.teams.deliveries import Deliveries
from sandbox.teams.state import Json

Only = Literal["installationUpdate", "conversationUpdate", "none"]


class Announcement(BaseModel):
    """How the bot hears of one event; requests of ``/_sandbox`` derive from it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    repeat: Annotated[int, Field(ge=1, le=4)] = 1
    """How often each activity is delivered, each time with a new id and time."""
    by_nobody: bool = False
    """Whether the sender is nobody: a policy or Graph did it."""
    only: Only | None = None
    """The only type of activity that is sent; None for all."""
    after_next: bool = False
    """Whether it comes out of order: it waits until the next event of the team or chat was delivered."""

    def deliveries(self, activities: list[Json]) -> list[Json]:
        """What is delivered of these activities, in this order."""
        sent = [one for one in self.in_order(activities) if self.only in (None, one["type"])]
        return [one if number == 0 else as_new_delivery(one) for one in sent for number in range(self.repeat)]

    def in_order(self, activities: list[Json]) -> list[Json]:
        """The activities of one event in the order of their delivery."""
        return activities


ONCE = Announcement()


class Announcements:
    """Says what is to be delivered now, and delivers it."""

    def __init__(self, conversations: Conversations, deliveries: Deliveries) -> None:
        self._conversations = conversations
        self._deliveries = deliveries

    def due(self, of: str, activities: list[Json], how: Announcement) -> list[Json]:
        """What is to be delivered of an event of this team or chat, and then what was held back so far.

        What is held back keeps the id and the time that it has now.
        """
        sent, held = how.deliveries(activities), self._conversations.state.held_events
        if how.after_next:
            held[of] = [*held.get(of, []), *sent]
            self._conversations.lists_changed()
            return []
        return sent + held.pop(of, []) if sent else []

    async def deliver(self, activities: list[Json]) -> list[int | None]:
        """Deliver one after the other; the statuses of the answers."""
        return [await self._deliveries.deliver(one) for one in activities]

    def deliver_in_background(self, activities: list[Json]) -> None:
        """Deliver one after the other, for a page that does not wait."""
        self._deliveries.in_background(activities)
