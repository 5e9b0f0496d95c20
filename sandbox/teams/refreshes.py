"""Cards with ``refresh``: Teams asks the bot for a newer one when somebody sees the conversation.

It asks for a person once a minute at most, after an edit at once, and shows them alone the answer's card.
Without ``userIds`` it asks in conversations of at most sixty people. An error is never shown. Sources:
msteams-docs, *work-with-universal-actions-for-adaptive-cards*; docs/platform-facts.md §5.6, §7.1.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from sandbox.clock import Clock
from sandbox.company import Person
from sandbox.teams.activities import Activities
from sandbox.teams.bot_endpoint import BotAnswer
from sandbox.teams.card_actions import refresh_of
from sandbox.teams.conversations import Conversations
from sandbox.teams.deliveries import Deliveries
from sandbox.teams.invoke_answers import read_answer
from sandbox.teams.state import Conversation, Json, Message

AGE = timedelta(minutes=1)
MOST_PEOPLE = 60


@dataclass(frozen=True, slots=True)
class Refreshed:
    """A message whose card was asked for anew, and the answer."""

    message: str
    answer: BotAnswer


class Refreshes:
    """Asks for newer cards; ages go by a clock that tests move."""

    def __init__(
        self, conversations: Conversations, activities: Activities, deliveries: Deliveries, clock: Clock
    ) -> None:
        self._conversations = conversations
        self._activities = activities
        self._deliveries = deliveries
        self._clock = clock

    def seen(self, person: Person, conversation: Conversation, message: Message) -> None:
        """The person has the card already, as whoever has just shared it."""
        self._conversations.mark_refreshed(conversation, message.id, person, self._clock.now())

    async def visit(self, person: Person, conversation: Conversation) -> list[Refreshed]:
        """The person sees the conversation: ask for each card that is due, all at once."""
        if not self._conversations.bot_is_in(conversation) or self._conversations.is_archived(conversation):
            return []
        due = [
            (message, action)
            for message in conversation.messages
            if (action := self._due_action(person, conversation, message)) is not None
        ]
        for message, _ in due:
            self.seen(person, conversation, message)
        return await asyncio.gather(
            *(self._refresh(person, conversation, message, action) for message, action in due)
        )

    async def _refresh(
        self, person: Person, conversation: Conversation, message: Message, action: Json
    ) -> Refreshed:
        activity = self._activities.invoke(person, conversation, message, action, trigger="automatic")
        answer = await self._deliveries.once(activity)
        card = read_answer(answer).card
        if card is not None:
            self._conversations.show_privately(conversation, message.id, person, card)
        return Refreshed(message.id, answer)

    def _due_action(self, person: Person, conversation: Conversation, message: Message) -> Json | None:
        if message.deleted_at is not None or not message.is_for(person.aad_object_id):
            return None
        refresh = refresh_of(message, person.aad_object_id)
        last = message.refreshed_at.get(person.aad_object_id)
        if refresh is None or (last is not None and self._clock.now() - last < AGE):
            return None
        if refresh.people is None:
            return refresh.action if len(conversation.members) <= MOST_PEOPLE else None
        names = {person.teams_id, f"8:orgid:{person.aad_object_id}"}
        return refresh.action if names & set(refresh.people[:MOST_PEOPLE]) else None
