"""KEYs in what somebody wrote: none is quoted in an answer, and one that others have read opens nothing."""

import asyncio
import re
from collections.abc import Iterator

import structlog

from api.bot.commands.request import CommandRequest, Dependencies
from muster.store import link_offers, teams
from muster.store.link_offers import KEY_LENGTH, Offer
from muster.temporal.attempts import Rejected, TemporalUnavailable
from workflows.team_setup.messages import KeyShown
from workflows.team_setup.workflow_type import KEY_SHOWN, TEAM_SETUP

_RUN = re.compile(r"[0-9A-Za-z]+")
_OF_A_KEY = re.compile(r"[0-9A-TV-Za-tv-z]+")
"""Crockford's base 32, and what people write for its digits."""
_MOST = 1000
"""Texts of one message that are looked up: everything in 20 KB of prose that is as long as a KEY."""
_TOLD_WITHIN = 3.0
"""Seconds for telling set-ups; the row has decided already."""

log = structlog.stdlib.get_logger(__name__)


def quotable(request: CommandRequest) -> str | None:
    """The command's name, for an answer; ``None`` where it may be a KEY, a part of one, or hold one."""
    runs = _RUN.findall(request.name)
    is_short = sum(map(len, runs)) < KEY_LENGTH
    begun = any(start < len(runs) for start, _ in _grouped(f"{request.name} {request.argument}"))
    return request.name if is_short and not begun else None


def keys_in(text: str) -> tuple[str, ...]:
    """All that may be a KEY: in one piece, at the end or the beginning of a longer one, or in groups."""
    runs = [run for run in _RUN.findall(text) if len(run) >= KEY_LENGTH]
    ends = (end for run in runs for end in (run[:KEY_LENGTH], run[-KEY_LENGTH:]))
    found = dict.fromkeys(end for end in ends if _OF_A_KEY.fullmatch(end))
    found |= dict.fromkeys(key for _, key in _grouped(text))
    return tuple(found)[:_MOST]


def _grouped(text: str) -> Iterator[tuple[int, str]]:
    """What is as long as a KEY in pieces that follow each other, with the number of its first piece."""
    runs = _RUN.findall(text)
    for start in range(len(runs)):
        joined = ""
        for run in runs[start : start + KEY_LENGTH]:
            joined += run
            if len(joined) >= KEY_LENGTH:
                break
        if len(joined) == KEY_LENGTH and _OF_A_KEY.fullmatch(joined):
            yield start, joined


async def end_shown(request: CommandRequest, dependencies: Dependencies) -> None:
    """End every offer of the tenant whose KEY others have read here. Nobody is told whether it was one.

    Raises one of ``UNAVAILABLE``.
    """
    # As it was read, where groups are one; and as it was written, where the label of a link still stands.
    keys = keys_in(f"{request.name} {request.argument}") + keys_in(request.activity.text)
    if not keys:
        return
    for offer in await link_offers.find_by_keys(dependencies.pool, keys, tenant=request.tenant):
        await link_offers.end(dependencies.pool, offer.id, "shown")
        if offer.state in ("open", "shown"):
            await _tell(offer, request, dependencies)


async def _tell(offer: Offer, request: CommandRequest, dependencies: Dependencies) -> None:
    """Tell the set-up, whose message shows the KEY; where that fails, it finds the row when it looks next."""
    team = await teams.find(dependencies.pool, offer.team)
    if team is None:
        return
    shown = KeyShown(offer=offer.id, correlation=request.activity.id)
    try:
        async with asyncio.timeout(_TOLD_WITHIN):
            await dependencies.gateway.signal(
                TEAM_SETUP, team.start(dependencies.deadlines), KEY_SHOWN, shown
            )
    except (TemporalUnavailable, TimeoutError) as failure:
        log.warning("a set-up was not told that its KEY was shown", reason=type(failure).__name__)
    except Rejected as refusal:
        log.error("a set-up refused to hear that its KEY was shown", reason=str(refusal))
