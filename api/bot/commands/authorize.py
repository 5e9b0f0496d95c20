"""``authorize KEY``: connects the team that the KEY is for. Whoever holds a KEY gets the Authorize card."""

import re

import structlog

from api.bot.commands.asked import Asked, Means
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
from muster.logging import correlation_id
from muster.store import link_offers, teams, wrong_keys
from muster.store.link_offers import Offer
from muster.temporal.attempts import Rejected, TemporalUnavailable
from workflows.team_setup.messages import LinkEnded
from workflows.team_setup.workflow_type import AUTHORIZE, LINK_ENDED, TEAM_SETUP

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

log = structlog.stdlib.get_logger(__name__)


def key_in(argument: str) -> str:
    """The KEY in what somebody wrote: what is as long as one, else all of it, as a KEY in groups is."""
    pieces = [_NOT_OF_A_KEY.sub("", piece) for piece in argument[:_LONGEST].split()]
    whole = (piece for piece in pieces if len(piece) == link_offers.KEY_LENGTH)
    return next(whole, "".join(pieces))


async def answer(asked: Asked, means: Means) -> str:
    """The set-up's answer, or why the KEY does not work."""
    key = key_in(asked.argument)
    if not asked.is_private:
        await _end_shown(key, means)
        return NOT_HERE
    if not key:
        return NO_KEY
    if asked.person is None:
        return NO_PERSON
    guess = await wrong_keys.begin(means.pool, tenant=asked.tenant, aad_object_id=asked.person.aad_object_id)
    if guess is None:
        return KEY_WAIT
    offer = await link_offers.find_by_key(means.pool, key)
    if offer is None or offer.tenant != asked.tenant:
        if guess.number == wrong_keys.MOST:
            return KEY_WAIT
        return KEY_WRONG if offer is None else KEY_FOREIGN
    await wrong_keys.was_right(means.pool, guess)
    return _CLOSED[offer.state] if offer.state in _CLOSED else await _ask(offer, asked, means)


async def _ask(offer: Offer, asked: Asked, means: Means) -> str:
    team = await teams.find(means.pool, offer.team)
    if team is None:
        return KEY_OF_REMOVED_TEAM
    return await ask_setup(asked, means, team, AUTHORIZE, offer=offer.id)


async def _end_shown(key: str, means: Means) -> None:
    """A KEY that others have read opens nothing any more. Nobody is told whether it was one."""
    offer = await link_offers.find_by_key(means.pool, key) if key else None
    if offer is None:
        return
    await link_offers.end(means.pool, offer.id, "shown")
    team = await teams.find(means.pool, offer.team)
    if team is None:
        return
    ended = LinkEnded(offer=offer.id, correlation=correlation_id.get())
    try:
        await means.gateway.signal(TEAM_SETUP, team.start(means.deadlines), LINK_ENDED, ended)
    except (TemporalUnavailable, Rejected) as failure:
        # The KEY is dead. The card offers a new one when the link's time is over.
        log.warning("a set-up was not told that its KEY is dead", offer=offer.id, reason=str(failure))
