# mypy: allow-subclassing-any, allow-untyped-calls
# (botbuilder has no types)
"""What Muster does when Teams talks to it."""

from botbuilder.core import InvokeResponse, TurnContext
from botbuilder.core.teams import TeamsActivityHandler

from api.bot.adapter import inbound_of
from api.bot.clicks import ClickHandler


class MusterBot(TeamsActivityHandler):
    """Gives each kind of activity to whoever handles it."""

    def __init__(self, clicks: ClickHandler) -> None:
        super().__init__()
        self._clicks = clicks

    async def on_invoke_activity(self, turn_context: TurnContext) -> InvokeResponse:
        """Card actions are answered here; botbuilder's own answer cannot hold a text.

        Muster has no answer to other invokes, so that botbuilder need not read what they carry.
        """
        inbound = inbound_of(turn_context)
        if not inbound.activity.is_card_action:
            return InvokeResponse(status=501)
        return InvokeResponse(
            status=200, body=await self._clicks.answer(inbound.activity, answer_by=inbound.answer_by)
        )
