"""``help``: every command, one line each; ``help`` with a topic: what there is to say about it."""

from collections.abc import Mapping

from api.bot.commands.request import CommandAnswer, CommandRequest, Dependencies, for_all
from muster.cards.commands import help_text
from muster.cards.legacy import LEGACY
from muster.cards.privacy import PRIVACY

TOPICS: Mapping[str, str] = {"privacy": PRIVACY, "legacy": LEGACY}
"""What is answered, by the word after ``help`` in small letters."""

_LONGEST = 40
"""Characters of the argument that are read."""


async def answer(request: CommandRequest, _means: Dependencies) -> CommandAnswer:
    """What there is, or the topic that is asked for."""
    words = request.argument[:_LONGEST].casefold().split()
    topic = words[0].strip(".,:;!?*") if words else ""
    return for_all(TOPICS.get(topic) or help_text())
