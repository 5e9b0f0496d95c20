"""``help``: every command, one line each; ``help privacy``: what Muster keeps."""

from api.bot.commands.request import CommandRequest, Dependencies
from muster.cards.commands import help_text
from muster.cards.privacy import PRIVACY

_LONGEST = 40
"""Characters of the argument that are read."""


async def answer(request: CommandRequest, _means: Dependencies) -> str:
    """What there is, or the topic that is asked for."""
    topics = request.argument[:_LONGEST].casefold().split()
    return PRIVACY if topics and topics[0].strip(".,:;!?*") == "privacy" else help_text()
