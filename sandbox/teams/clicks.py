"""Clicks on card buttons: deliver them to the bot, and show its answers."""

import asyncio

from sandbox.company import Person
from sandbox.teams.activities import Activities, as_new_delivery
from sandbox.teams.bot_endpoint import BotAnswer
from sandbox.teams.conversations import Conversations
from sandbox.teams.deliveries import Deliveries
from sandbox.teams.invoke_answers import InvokeResult, read_answer
from sandbox.teams.state import Conversation, Json, Message


def with_inputs(action: Json, inputs: Json) -> Json:
    """The action as Teams sends it: the card's inputs are added to its data."""
    if not inputs:
        return action
    data = action.get("data") or {}
    return action | {"data": data | inputs} if isinstance(data, dict) else action


class Clicks:
    """Delivers clicks to the bot and shows its answers."""

    def __init__(self, conversations: Conversations, activities: Activities, deliveries: Deliveries) -> None:
        self._conversations = conversations
        self._activities = activities
        self._deliveries = deliveries

    async def click(
        self, person: Person, conversation: Conversation, message: Message, action: Json
    ) -> InvokeResult:
        """A click on the page. The result is the first answer, also if Teams repeats the click later."""

        def shown(answer: BotAnswer) -> bool:
            return self._show(person, conversation, message, answer).repeated

        activity = self._activities.invoke(person, conversation, message, action)
        return read_answer(await self._deliveries.deliver_click(activity, shown))

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
            answer = await self._deliveries.once(as_new_delivery(activity) if new_id else activity)
            self._show(person, conversation, message, answer)
            return answer

        return await asyncio.gather(*(deliver(after, new_id) for after, new_id in deliveries))

    def _show(
        self, person: Person, conversation: Conversation, message: Message, answer: BotAnswer
    ) -> InvokeResult:
        result = read_answer(answer)
        if result.card is not None:
            self._conversations.show_privately(conversation, message.id, person, result.card)
        return result
