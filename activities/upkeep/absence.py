"""When an answer that somebody is not there is believed: nobody is unlinked for the app's own trouble."""

from collections.abc import Awaitable, Callable, Sequence

import structlog

from muster.linked_people.ended_links import EndedLinks
from muster.store.links import EndedLink
from workflows.errors import OutsideError
from workflows.upkeep.activities import FindAgain, Missed, Progress

NOBODY_FOUND = "NobodyFound"
"""The rule that keeps links where nobody at all was found: another account or region answers so too."""

log = structlog.stdlib.get_logger(__name__)


async def believed(
    request: FindAgain, progress: Progress, is_witnessed: Callable[[str, str], Awaitable[bool]]
) -> tuple[Sequence[Missed], Progress]:
    """Those who may be looked for a second time, and what keeps the others.

    An account, or a tenant, is believed where somebody was found in it. Where one person alone was looked
    for, ``is_witnessed(where, who)`` says whether it shows anything of its own.
    """
    kept: list[Missed] = []
    for where in dict.fromkeys(one.where for one in request.missed):
        here = [one for one in request.missed if one.where == where]
        if where in request.found_in or await _is_alone_and_witnessed(where, here, is_witnessed):
            kept += here
            continue
        log.error("nobody was found there: no link ends", where=where, missed=len(here))
        told = (*progress.left_out, f"{len(here)} of {where}")
        progress = progress.model_copy(update={"stopped": NOBODY_FOUND, "left_out": told})
    return sorted((one for one in kept if one.link > progress.after), key=lambda one: one.link), progress


async def _is_alone_and_witnessed(
    where: str, missed: Sequence[Missed], is_witnessed: Callable[[str, str], Awaitable[bool]]
) -> bool:
    who = {one.who for one in missed}
    return len(who) == 1 and await is_witnessed(where, missed[0].who)


async def tell_now(ended_links: EndedLinks, ended: EndedLink) -> None:
    """Tell at once; what fails is told by the stage of the run that tells whoever is untold."""
    try:
        await ended_links.tell(ended)
    except OutsideError as error:
        log.warning("the end of a link is not told yet", link=ended.link, reason=str(error))
