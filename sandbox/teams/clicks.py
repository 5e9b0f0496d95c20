"""Clicks on card buttons: deliver them to the bot, show its answer, and repeat them as Teams does."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from sandbox.company import Person
from sandbox.teams.activities import Activities
from sandbox.teams.bot_endpoint import BotAnswer, BotEndpoint
from sandbox.teams.conversations import Conversations
from sandbox.teams.invoke_answers import InvokeResult, read_answer
from sandbox.teams.state import Conversation, Json, Message

REPEAT_AFTER = 30.0
"""Seconds until Teams delivers an unanswered click again with a new id."""


def with_inputs(action: Json, inputs: Json) -> Json:
    """The action as Teams sends it: the card's inputs are added to its data."""
    if not inputs:
        return action
    data = action.get("data") or {}
    return action | {"data": data | inputs} if isinstance(data, dict) else action


class Clicks:
    """Delivers clicks to the bot and shows its answers."""

    def __init__(
        self,
        conversations: Conversations,
        activities: Activities,
        bot: BotEndpoint,
        repeat_after: float = REPEAT_AFTER,
    ) -> None:
        self._conversations = conversations
        self._activities = activities
        self._bot = bot
        self._repeat_after = repeat_after
        self._repeats: set[asyncio.Task[None]] = set()

    async def click(
        self, person: Person, conversation: Conversation, message: Message, action: Json
    ) -> InvokeResult:
        """A click on the page. The result is the first answer, also if Teams repeats the click later."""
        activity = self._activities.invoke(person, conversation, message, action)
        result = await self._deliver(person, conversation, message, activity)
        if result.repeated:
            self._start(self._repeat(person, conversation, message, activity))
        return result

    async def click_with_deliveries(
        self,
        person: Person,
        conversation: Conversation,
        message: Message,
        action: Json,
        deliveries: list[tuple[float, bool]],
    ) -> list[BotAnswer]:
        """Deliver one click several times; the answers in the order of ``deliveries``.

        A delivery is a number of seconds after the first one, and whether it has a new activity id.
        """
        activity = self._activities.invoke(person, conversation, message, action)

        async def deliver(after: float, new_id: bool) -> BotAnswer:
            await asyncio.sleep(after)
            answer = await self._bot.deliver(
                self._activities.as_new_delivery(activity) if new_id else activity
            )
            self._show(person, conversation, message, read_answer(answer))
            return answer

        return await asyncio.gather(*(deliver(after, new_id) for after, new_id in deliveries))

    async def stop(self) -> None:
        """Cancel the repeats that are still to come."""
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
        """Deliver the click once more, then twice with one new id, until the bot answers."""
        if not (await self._deliver(person, conversation, message, activity)).repeated:
            return
        await asyncio.sleep(self._repeat_after)
        redelivered = self._activities.as_new_delivery(activity)
        for _ in range(2):
            if not (await self._deliver(person, conversation, message, redelivered)).repeated:
                return

    def _show(
        self, person: Person, conversation: Conversation, message: Message, result: InvokeResult
    ) -> None:
        if result.card is not None:
            self._conversations.show_privately(conversation, message.id, person, result.card)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        # A task without a reference may be garbage collected before it is done.
        task = asyncio.create_task(work, name="repeat a click")
        self._repeats.add(task)
        task.add_done_callback(self._repeats.discard)
