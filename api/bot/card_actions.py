"""Presses on buttons of cards: what each answers where it cannot be done, whichever card it is."""

from abc import ABC, abstractmethod
from typing import Any

import structlog

from api.bot.activity import InboundActivity
from api.bot.answers import error, sentence
from muster.cards.sentences import UNREACHABLE, WORKS_NO_MORE
from muster.logging import correlated
from muster.store.pool import UNAVAILABLE
from muster.temporal.attempts import Rejected, TemporalUnavailable

ASKING_TAKES = 0.5
"""Seconds that are kept for Temporal. A click whose card is found later was not taken."""

log = structlog.stdlib.get_logger(__name__)


class ActionMalformed(Exception):
    """The click cannot be acted on; the text is for the person who clicked."""


class CardActionHandler(ABC):
    """Answers the clicks on one kind of card."""

    async def answer(self, activity: InboundActivity, *, answer_by: float) -> dict[str, Any]:
        """The body of the invoke's answer, at ``answer_by`` by the clock of the event loop at the latest."""
        with correlated(activity.id):
            try:
                return await self._handle(activity, answer_by)
            except ActionMalformed as refusal:
                return error(400, "BadRequest", str(refusal))
            except (TemporalUnavailable, *UNAVAILABLE) as failure:
                log.warning("a click was not accepted", reason=type(failure).__name__)
                return sentence(UNREACHABLE)
            except Rejected as failure:
                log.error("a click was refused", reason=str(failure))
                return sentence(WORKS_NO_MORE)

    @abstractmethod
    async def _handle(self, activity: InboundActivity, answer_by: float) -> dict[str, Any]:
        """The answer; raises ``ActionMalformed``, ``Rejected``, or what says that nothing was taken."""
