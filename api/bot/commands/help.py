"""``help``: every command, one line each."""

from api.bot.commands.request import CommandRequest, Dependencies
from muster.cards.commands import help_text


async def answer(_asked: CommandRequest, _means: Dependencies) -> str:
    """What there is."""
    return help_text()
