"""Targeted messages: one person of a channel or group chat sees them, for 24 hours.

Their life goes by the clock of ages, which tests move. Source: docs/platform-facts.md §7.1.
"""

from collections.abc import Iterator
from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field

from sandbox.clock import Clock
from sandbox.company import Person
from sandbox.teams.conversations import Conversations
from sandbox.teams.errors import ConnectorError, bad_argument, recipient_not_in_roster
from sandbox.teams.state import Conversation, Json, Message

LIFE = timedelta(hours=24)
STATUSES = frozenset({400, 403, 404, 405, 501})
"""What the switch can be told to answer: the statuses of a tenant that has no such messages."""


class Refused(BaseModel):
    """What every call about a targeted message is answered while the switch is on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: int
    code: str = Field(min_length=1)
    message: str


class TargetedMessages:
    """Creates targeted messages and ends their lives; ``refused`` is the switch that refuses them all."""

    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations
        self.clock = Clock(conversations.state.clock_ahead)
        self.refused: Refused | None = None

    def check_switch(self) -> None:
        """Raise what the switch says, if it is on."""
        if self.refused is not None:
            raise ConnectorError(self.refused.status, self.refused.code, self.refused.message)

    def recipient(self, conversation: Conversation, teams_id: str) -> Person:
        """The member with this ``29:`` id; raises BadArgument in a 1:1 chat, BotNotInConversationRoster."""
        if conversation.kind == "personal":
            raise bad_argument("A chat with one person has no targeted messages.")
        for person in self._conversations.people_in(conversation):
            if person.teams_id == teams_id:
                return person
        raise recipient_not_in_roster()

    def post(self, conversation: Conversation, activity: Json, to: Person, reply_to: str | None) -> Message:
        """Add a message that lives for 24 hours."""
        expires_at = self.clock.now() + LIFE
        return self._conversations.post_targeted(conversation, activity, to, reply_to, expires_at)

    def advance(self, seconds: float) -> None:
        """Move the clock ahead; what is too old by then is gone."""
        self.clock.advance(seconds)
        self._conversations.set_clock_ahead(self.clock.ahead)
        self._end_lives()

    def reset(self) -> None:
        """Go back to real time, and refuse nothing."""
        self.clock.reset()
        self.refused = None

    async def end_lives(self) -> None:
        """Delete each message when its time has come, until cancelled."""
        while True:
            self._end_lives()
            # A message that comes while this waits ends later than that.
            soonest = self.clock.now() + LIFE
            ends = (message.expires_at for _, message in self._alive() if message.expires_at is not None)
            await self.clock.wait_until(min(ends, default=soonest))

    def _end_lives(self) -> None:
        now = self.clock.now()
        for conversation, message in list(self._alive()):
            if message.expires_at is not None and message.expires_at <= now:
                self._conversations.delete(conversation, message)

    def _alive(self) -> Iterator[tuple[Conversation, Message]]:
        for conversation in self._conversations.state.conversations.values():
            for message in conversation.messages:
                if message.to is not None and message.deleted_at is None:
                    yield conversation, message
