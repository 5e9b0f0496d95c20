"""``configure``: what can be set up, and where."""

from api.bot.commands.asked import Asked, Means
from muster.cards.commands import CONFIGURE


async def answer(_asked: Asked, _means: Means) -> str:
    """Everything is done in Teams so far."""
    return CONFIGURE
