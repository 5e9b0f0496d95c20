"""The commands: what people write → what answers."""

import difflib
from collections.abc import Mapping

from api.bot.commands import appconnect, authorize, configure, help, open, status
from api.bot.commands.asked import Answer, Asked, Means
from api.bot.commands.written_keys import end_shown, quotable
from muster.cards.commands import help_text, unknown_text

COMMANDS: Mapping[str, Answer] = {
    "help": help.answer,
    "status": status.answer,
    "open": open.answer,
    "authorize": authorize.answer,
    "appconnect": appconnect.answer,
    "configure": configure.answer,
}
"""By name, in the order of ``help``."""

_LONGEST = 24
"""Letters that are compared; no command is half as long."""
_PIECES = 12


async def answer(asked: Asked, means: Means) -> str:
    """What a command answers; to anything else, what there is and what was meant, perhaps."""
    if not asked.is_private:
        await end_shown(asked, means)
    command = COMMANDS.get(asked.name)
    if command is not None:
        return await command(asked, means)
    if not asked.name:
        return help_text()
    return unknown_text(quotable(asked), nearest(asked.name, asked.argument))


def nearest(name: str, argument: str) -> str | None:
    """The command that was meant, if there is one: it stands elsewhere in the text, or is written alike."""
    pieces = [
        name[:_LONGEST],
        *(piece.casefold()[:_LONGEST] for piece in argument.split(None, _PIECES)[:_PIECES]),
    ]
    for piece in pieces:
        if piece.strip(".,:;!?") in COMMANDS:
            return piece.strip(".,:;!?")
    found = difflib.get_close_matches(pieces[0], COMMANDS, n=1)
    return found[0] if found else None
