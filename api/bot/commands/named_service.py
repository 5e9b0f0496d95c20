"""The service that somebody names in a command: by its address, its id, or its name as ``list`` shows it."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Literal

from api.bot.commands.parser import folded
from muster.cards.connections.listing import shown_name
from muster.config_file import PagerDutyAccount
from muster.service_addresses import NoService, service_in
from muster.store.connections import ConnectedService

_LONGEST = 4096
"""Characters that are read."""
_LINKIFIED = re.compile(r"https?://(\S+)", re.IGNORECASE)
_AROUND = "'\"“”„«»‘’`*_.,;:!?… "
"""What people type around a name."""

Unnamed = Literal["no_argument", "several", "not_connected"]
"""Why no connected service is named; ``several``: it is not clear which one is meant."""


def connected_service(
    argument: str, connected: Sequence[ConnectedService], accounts: Mapping[str, PagerDutyAccount]
) -> ConnectedService | Unnamed:
    """The one of the connected services that the argument names.

    A name counts as a whole, in whatever case. ``accounts``: those whose addresses are known, by key.
    """
    argument = argument[:_LONGEST]
    if not argument.strip(_AROUND):
        return "no_argument"
    written = _spellings(argument)
    read = {key: service_in(argument, account) for key, account in accounts.items()}
    named = [
        one for one in connected if written & _spellings(one.name) or read.get(one.account) == one.service
    ]
    if len(named) == 1:
        return named[0]
    is_several = any(isinstance(found, NoService) and found.problem == "several" for found in read.values())
    return "several" if named or is_several else "not_connected"


def another_account(argument: str, accounts: Collection[PagerDutyAccount]) -> str | None:
    """The key of the account to which an address in the argument belongs."""
    return next((one.key for one in accounts if isinstance(service_in(argument, one), str)), None)


def _spellings(name: str) -> set[str]:
    """How a name may be written: Teams makes addresses of what looks like a host, and ``list`` cuts."""
    bare = _LINKIFIED.sub(lambda address: address[1].rstrip("/"), name)
    texts = (name, name.strip(_AROUND), bare, bare.strip(_AROUND), shown_name(name))
    return {folded(text) for text in texts} - {""}
