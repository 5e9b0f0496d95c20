"""``configure``: what can be set up, and where."""

from api.bot.commands.request import CommandAnswer, CommandRequest, Dependencies, for_all
from muster.cards.commands import CONFIGURE


async def answer(_asked: CommandRequest, _means: Dependencies) -> CommandAnswer:
    """Everything is done in Teams so far."""
    return for_all(CONFIGURE)
