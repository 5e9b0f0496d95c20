"""The commands: what people write → what answers."""

import difflib
from collections.abc import Mapping

from api.bot.commands import (
    appconnect,
    authorize,
    configure,
    connect,
    disconnect,
    help,
    link_user,
    list,
    open,
    status,
    unlink_user,
    updates,
)
from api.bot.commands.request import Answer, CommandAnswer, CommandRequest, Dependencies, for_all
from api.bot.commands.written_keys import end_shown, quotable
from muster.cards.commands import SUMMARIES, help_text, unknown_text

COMMANDS: Mapping[str, Answer] = {
    "help": help.answer,
    "status": status.answer,
    "open": open.answer,
    "linkuser": link_user.answer,
    "unlinkuser": unlink_user.answer,
    "connect": connect.answer,
    "disconnect": disconnect.answer,
    "list": list.answer,
    "updates": updates.answer,
    "authorize": authorize.answer,
    "appconnect": appconnect.answer,
    "configure": configure.answer,
}
"""By name in small letters, in the order of ``help``."""
_SHOWN = {name.casefold(): name for name in SUMMARIES}

_LONGEST = 24
"""Letters that are compared; no command is half as long."""
_PIECES = 12


async def answer(request: CommandRequest, dependencies: Dependencies) -> CommandAnswer:
    """What a command answers; to anything else, what there is and what was meant, perhaps."""
    if not request.is_private:
        await end_shown(request, dependencies)
    command = COMMANDS.get(request.name)
    if command is not None:
        return await command(request, dependencies)
    if not request.name:
        return for_all(help_text())
    return for_all(unknown_text(quotable(request), nearest(request.name, request.argument)))


def nearest(name: str, argument: str) -> str | None:
    """The command that was meant, as people write it: it is elsewhere in the text, or is written alike."""
    pieces = [
        name[:_LONGEST],
        *(piece.casefold()[:_LONGEST] for piece in argument.split(None, _PIECES)[:_PIECES]),
    ]
    for piece in pieces:
        if piece.strip(".,:;!?") in COMMANDS:
            return _SHOWN[piece.strip(".,:;!?")]
    found = difflib.get_close_matches(pieces[0], COMMANDS, n=1)
    return _SHOWN[found[0]] if found else None
