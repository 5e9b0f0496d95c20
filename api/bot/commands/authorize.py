"""``authorize KEY``: connects the team that the KEY is for. Whoever holds a KEY gets the Authorize card."""

import re

from api.bot.commands.request import CommandAnswer, CommandRequest, Dependencies, for_person
from api.bot.commands.setup import ask_setup
from muster.cards.commands import (
    KEY_EXPIRED,
    KEY_FOREIGN,
    KEY_OF_REMOVED_TEAM,
    KEY_REPLACED,
    KEY_SHOWN,
    KEY_SPENT,
    KEY_WAIT,
    KEY_WRONG,
    NO_KEY,
    NO_PERSON,
    NOT_HERE,
)
from muster.store import link_offers, teams, wrong_keys
from muster.store.link_offers import Offer
from workflows.team_setup.workflow_type import AUTHORIZE

_NOT_OF_A_KEY = re.compile(r"[^0-9A-Za-z]")
_LONGEST = 200
"""Characters that are read: a KEY, perhaps in groups or brackets, and what people write around it."""
_CLOSED = {
    "expired": KEY_EXPIRED,
    "replaced": KEY_REPLACED,
    "removed": KEY_OF_REMOVED_TEAM,
    "shown": KEY_SHOWN,
    "spent": KEY_SPENT,
}
"""What is said of an offer that is not open, by its state."""


def key_in(argument: str) -> str:
    """The KEY in what somebody wrote: what is as long as one, else all of it, as a KEY in groups is."""
    pieces = [_NOT_OF_A_KEY.sub("", piece) for piece in argument[:_LONGEST].split()]
    whole = (piece for piece in pieces if len(piece) == link_offers.KEY_LENGTH)
    return next(whole, "".join(pieces))


async def answer(request: CommandRequest, dependencies: Dependencies) -> CommandAnswer:
    """The set-up's answer, or why the KEY does not work."""
    return for_person(await _outcome(request, dependencies))


async def _outcome(request: CommandRequest, dependencies: Dependencies) -> str:
    if not request.is_private:
        return NOT_HERE
    key = key_in(request.argument)
    if not key:
        return NO_KEY
    if request.person is None:
        return NO_PERSON
    guess = await wrong_keys.begin(
        dependencies.pool, tenant=request.tenant, aad_object_id=request.person.aad_object_id
    )
    if guess is None:
        return KEY_WAIT
    offer = await link_offers.find_by_key(dependencies.pool, key)
    if offer is None or offer.tenant != request.tenant:
        if guess.number == wrong_keys.MOST:
            return KEY_WAIT
        return KEY_WRONG if offer is None else KEY_FOREIGN
    await wrong_keys.was_right(dependencies.pool, guess)
    return _CLOSED[offer.state] if offer.state in _CLOSED else await _ask(offer, request, dependencies)


async def _ask(offer: Offer, request: CommandRequest, dependencies: Dependencies) -> str:
    team = await teams.find(dependencies.pool, offer.team)
    if team is None:
        return KEY_OF_REMOVED_TEAM
    return await ask_setup(request, dependencies, team, AUTHORIZE, offer=offer.id)
