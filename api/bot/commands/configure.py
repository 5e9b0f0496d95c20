"""``configure``: what can be set up, and where."""

from api.bot.commands.request import CommandRequest, Dependencies
from muster.cards.commands import CONFIGURE


async def answer(_asked: CommandRequest, _means: Dependencies) -> str:
    """Everything is done in Teams so far."""
    return CONFIGURE
