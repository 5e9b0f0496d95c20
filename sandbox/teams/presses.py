"""Pressing a button: delivered to the bot, answered in place, and repeated as Teams repeats."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from sandbox.company import Person
from sandbox.teams.activities import Activities
from sandbox.teams.conversations import Conversations
from sandbox.teams.delivery import BotAnswer, BotEndpoint
from sandbox.teams.invoke_answers import InvokeResult, read_answer
from sandbox.teams.state import Conversation, Json, Message

LATER = 30.0
"""Seconds until Teams delivers an unanswered press again under a new id."""


def with_inputs(action: Json, inputs: Json) -> Json:
    """The action as it is sent: the card's inputs join its data."""
    if not inputs:
        return action
    data = action.get("data") or {}
    return action | {"data": data | inputs} if isinstance(data, dict) else action


class Presses:
    """Delivers presses and shows their answers."""

    def __init__(
        self, conversations: Conversations, activities: Activities, bot: BotEndpoint, later: float = LATER
    ) -> None:
        self._conversations = conversations
        self._activities = activities
        self._bot = bot
        self._later = later
        self._repeats: set[asyncio.Task[None]] = set()

    async def press(
        self, person: Person, conversation: Conversation, message: Message, action: Json
    ) -> InvokeResult:
        """One press as the page makes it; the person hears of the first answer, whatever follows."""
        activity = self._activities.invoke(person, conversation, message, action)
        result = await self._deliver(person, conversation, message, activity)
        if result.repeated:
            self._keep(self._repeat(person, conversation, message, activity))
        return result

    async def press_repeatedly(
        self,
        person: Person,
        conversation: Conversation,
        message: Message,
        action: Json,
        deliveries: list[tuple[float, bool]],
    ) -> list[BotAnswer]:
        """The same press once per ``(seconds after the first, under a new id)``; answers in that order."""
        activity = self._activities.invoke(person, conversation, message, action)

        async def deliver(after: float, new_id: bool) -> BotAnswer:
            await asyncio.sleep(after)
            answer = await self._bot.deliver(self._activities.again(activity) if new_id else activity)
            self._show(person, conversation, message, read_answer(answer))
            return answer

        return await asyncio.gather(*(deliver(after, new_id) for after, new_id in deliveries))

    async def stop(self) -> None:
        """Give up repeats that are still to come."""
        for task in self._repeats:
            task.cancel()
        await asyncio.gather(*self._repeats, return_exceptions=True)

    async def _deliver(
        self, person: Person, conversation: Conversation, message: Message, activity: Json
    ) -> InvokeResult:
        result = read_answer(await self._bot.deliver(activity))
        self._show(person, conversation, message, result)
        return result

    async def _repeat(
        self, person: Person, conversation: Conversation, message: Message, activity: Json
    ) -> None:
        """Once more as it was, then twice under one new id, until the bot answers."""
        if not (await self._deliver(person, conversation, message, activity)).repeated:
            return
        await asyncio.sleep(self._later)
        renewed = self._activities.again(activity)
        for _ in range(2):
            if not (await self._deliver(person, conversation, message, renewed)).repeated:
                return

    def _show(
        self, person: Person, conversation: Conversation, message: Message, result: InvokeResult
    ) -> None:
        if result.card is not None:
            self._conversations.show_privately(conversation, message.id, person, result.card)

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        # A task that nobody refers to may be collected before it is done.
        task = asyncio.create_task(work, name="repeat a press")
        self._repeats.add(task)
        task.add_done_callback(self._repeats.discard)
