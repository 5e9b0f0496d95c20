"""The account that somebody names in a command, as they write one: alone, in a sentence, as an address."""

import re
from collections.abc import Collection

_PIECE = re.compile(r"[a-z0-9-]+")
_LONGEST = 200
"""Characters that are read."""


def named_account(argument: str, accounts: Collection[str]) -> str | None:
    """The first of these accounts in what follows the command; ``None`` where it names none of them."""
    pieces = _PIECE.findall(argument[:_LONGEST].casefold())
    return next((piece for piece in pieces if piece in accounts), None)
