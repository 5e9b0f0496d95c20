"""``help``: every command, one line each."""

from api.bot.commands.asked import Asked, Means
from muster.cards.commands import help_text


async def answer(_asked: Asked, _means: Means) -> str:
    """What there is."""
    return help_text()
