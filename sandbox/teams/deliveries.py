"""Deliver activities to the bot, and deliver again what it left without an answer.

Teams waits 15 s for an answer, whatever the activity is, and then delivers it again under the same id
(msteams-docs #6084). A click has a second layer: half a minute later it comes twice more, under a new id
(microsoft/botbuilder-dotnet #5005).
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from sandbox.teams.activities import as_new_delivery
from sandbox.teams.bot_endpoint import BotAnswer, BotEndpoint
from sandbox.teams.state import Json

ANSWER = 15.0
"""Seconds that Teams waits for an answer."""
NEW_ID = 30.0
"""Seconds after which an unanswered click comes again under a new id."""
REPEATS = 3
"""How often a message or an event is delivered again: like a click, it comes four times at most."""

SEARCH = 5.0
"""Seconds that Teams waits for the answer to a search (msteams-docs, *respond-to-search*)."""

Unanswered = Callable[[BotAnswer], bool]

log = logging.getLogger(__name__)


@dataclass
class Waits:
    """Seconds between deliveries; tests shorten them by ``/_sandbox/waits``."""

    answer: float = ANSWER
    new_id: float = NEW_ID

    def reset(self) -> None:
        """Wait as Teams does."""
        self.answer, self.new_id = ANSWER, NEW_ID


class Deliveries:
    """Delivers to the bot. Repeats run in the background: a caller gets the first answer."""

    def __init__(self, bot: BotEndpoint, waits: Waits) -> None:
        self._bot = bot
        self._waits = waits
        self._running: set[asyncio.Task[None]] = set()

    async def once(self, activity: Json) -> BotAnswer:
        """One delivery, whatever the answer."""
        return await self._bot.deliver(activity, self._waits.answer)

    async def search(self, activity: Json) -> BotAnswer:
        """A search, which Teams does not repeat: the person types on."""
        return await self._bot.deliver(activity, min(SEARCH, self._waits.answer))

    async def deliver(self, activity: Json) -> int | None:
        """A message or an event; the status of the first answer, None without one."""
        answer = await self.once(activity)
        if _failed(answer):
            log.warning("the bot answered %s to a %s activity", answer.status, activity["type"])
            self._start(self._repeat(activity, answer))
        elif answer.status is not None and answer.status >= 400:
            log.warning("the bot refused a %s activity with %s", activity["type"], answer.status)
        return answer.status

    async def deliver_click(self, activity: Json, unanswered: Unanswered) -> BotAnswer:
        """A click; ``unanswered`` reads every answer and says whether Teams takes it for none."""
        answer = await self.once(activity)
        if unanswered(answer):
            self._start(self._repeat_click(activity, unanswered))
        return answer

    def in_background(self, activities: list[Json]) -> None:
        """Deliver one after the other, for a caller that does not wait."""

        async def all_of_them() -> None:
            for activity in activities:
                await self.deliver(activity)

        self._start(all_of_them())

    async def stop(self) -> None:
        """Cancel what is still to come, also what a cancelled delivery has just begun."""
        while self._running:
            running = list(self._running)
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _repeat(self, activity: Json, answer: BotAnswer) -> None:
        """Under the same id, each time ``Waits.answer`` after the delivery before."""
        for _ in range(REPEATS):
            await asyncio.sleep(max(0.0, self._waits.answer - answer.ms / 1000))
            answer = await self.once(activity)
            if not _failed(answer):
                return

    async def _repeat_click(self, activity: Json, unanswered: Unanswered) -> None:
        """Once more under the same id, then twice under one new id, until there is an answer."""
        if not unanswered(await self.once(activity)):
            return
        await asyncio.sleep(self._waits.new_id)
        redelivered = as_new_delivery(activity)
        for _ in range(2):
            if not unanswered(await self.once(redelivered)):
                return

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        # A task without a reference may be garbage collected before it is done.
        task = asyncio.create_task(work, name="deliver to the bot")
        self._running.add(task)
        task.add_done_callback(self._running.discard)


def _failed(answer: BotAnswer) -> bool:
    """Whether nobody answered, or only that something broke."""
    return answer.status is None or answer.status >= 500
