"""People are told that their year ends, and that their link ended."""

from datetime import timedelta

from activities.registration import implements
from activities.signals import WorkflowSignals
from activities.upkeep.batches import BATCH, Step, begun, each
from muster.linked_people.ended_links import EndedLinks
from muster.linked_people.link_offers import LinkOffers
from muster.settings import Settings
from muster.store import links
from muster.store.links import EndedLink, LinkedPerson
from muster.store.pool import Pool
from workflows.account_link.messages import OfferLink
from workflows.errors import RequestInvalid
from workflows.link_lifetimes import AUTHORIZATION_LIVES
from workflows.upkeep.activities import (
    TELL_OF_ENDS,
    TELL_OF_YEAR,
    Batch,
    Progress,
)

AHEAD = timedelta(days=14)
"""So long before its end a person is told that the year ends."""


class TellingActivities:
    """Has ``AccountLink`` tell people."""

    def __init__(self, signals: WorkflowSignals, settings: Settings, pool: Pool) -> None:
        self._pool = pool
        self._offers = LinkOffers(signals, settings, pool)
        self._ended = EndedLinks(signals, pool, settings)

    @implements(TELL_OF_YEAR)
    async def tell_of_year(self, batch: Batch) -> Progress:
        """Tell the next people whose year ends soon, by PagerDuty's time; each once."""
        progress = begun(after=batch.after)
        if (now := batch.now) is None:
            raise RequestInvalid("a year ends by PagerDuty's time, and the batch does not say it")
        due = await links.year_ends(
            self._pool,
            batch.account,
            after=progress.after,
            now=now,
            year=AUTHORIZATION_LIVES,
            ahead=AHEAD,
            most=BATCH,
        )

        async def tell(person: LinkedPerson) -> Step:
            await self._offers.ask_for(
                tenant=person.tenant,
                aad_object_id=person.aad_object_id,
                account=batch.account,
                offer=OfferLink(key=f"year-{person.link}", why="year"),
            )
            await links.note_told_of_year(self._pool, person.link, now=now)
            return Step(done=1)

        return await each(due, tell, progress, is_last=len(due) < BATCH)

    @implements(TELL_OF_ENDS)
    async def tell_of_ends(self, batch: Batch) -> Progress:
        """Tell of the links that ended and of which nobody could be told then."""
        progress = begun(after=batch.after)
        untold = [one for one in await links.untold(self._pool, batch.account) if one.link > progress.after]

        async def tell(ended: EndedLink) -> Step:
            await self._ended.tell(ended)
            return Step(done=1)

        return await each(untold[:BATCH], tell, progress, is_last=len(untold) <= BATCH)
