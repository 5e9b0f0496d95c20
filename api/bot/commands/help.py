"""``help``: every command, one line each; ``help privacy``: what Muster keeps."""

from api.bot.commands.request import CommandAnswer, CommandRequest, Dependencies, for_all
from muster.cards.commands import help_text
from muster.cards.privacy import PRIVACY

_LONGEST = 40
"""Characters of the argument that are read."""


async def answer(request: CommandRequest, _means: Dependencies) -> CommandAnswer:
    """What there is, or the topic that is asked for."""
    topics = request.argument[:_LONGEST].casefold().split()
    is_privacy = bool(topics) and topics[0].strip(".,:;!?*") == "privacy"
    return for_all(PRIVACY if is_privacy else help_text())
