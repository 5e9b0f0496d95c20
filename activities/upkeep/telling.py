"""People are told that their year ends, and that their link ended; and what is old is forgotten."""

from datetime import timedelta

from activities.clients.ended_links import EndedLinks
from activities.registration import implements
from activities.signals import WorkflowSignals
from activities.upkeep.batches import BATCH, Step, begun, each
from activities.upkeep.refreshing import YEAR
from muster.settings import Settings
from muster.store import commands, link_offers, links, people, wrong_keys
from muster.store.links import EndedLink, LinkedPerson
from muster.store.pool import Pool
from workflows.account_link.messages import Deadlines, OfferLink, Start
from workflows.account_link.workflow_type import ACCOUNT_LINK, OFFER
from workflows.errors import RequestInvalid
from workflows.person import Person
from workflows.upkeep.activities import (
    DELETE_OLD_ROWS,
    TELL_OF_ENDS,
    TELL_OF_YEAR,
    Batch,
    OfAccount,
    Progress,
)

AHEAD = timedelta(days=14)
"""So long before its end a person is told that the year ends."""
WEEK = timedelta(days=7)
"""Offers, commands and wrong KEYs stay so long: Teams and people come back to them within hours."""
MONTH = timedelta(days=30)
"""Ended links of which people were told stay so long, for whoever asks why."""


class TellingActivities:
    """Has ``AccountLink`` tell people, and forgets rows."""

    def __init__(self, signals: WorkflowSignals, settings: Settings, pool: Pool) -> None:
        self._signals = signals
        self._settings = settings
        self._pool = pool
        self._ended = EndedLinks(signals, pool, settings)

    @implements(TELL_OF_YEAR)
    async def tell_of_year(self, batch: Batch) -> Progress:
        """Tell the next people whose year ends soon, by PagerDuty's time; each once."""
        progress = begun(after=batch.after)
        if (now := batch.now) is None:
            raise RequestInvalid("a year ends by PagerDuty's time, and the batch does not say it")
        due = await links.year_ends(
            self._pool, batch.account, after=progress.after, now=now, year=YEAR, ahead=AHEAD, most=BATCH
        )

        async def tell(person: LinkedPerson) -> Step:
            await self._offer(person, batch.account)
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

    @implements(DELETE_OLD_ROWS)
    async def delete_old_rows(self, _: OfAccount) -> Progress:
        """Forget what nobody needs any more. The rows are no account's: each account's run does it."""
        deleted = [
            await link_offers.delete_old(self._pool, age=WEEK),
            await commands.delete_old(self._pool, age=WEEK),
            await wrong_keys.delete_old(self._pool, age=WEEK),
            await links.delete_told(self._pool, age=MONTH),
        ]
        return Progress(after=0, done=sum(deleted), is_last=True)

    async def _offer(self, whose: LinkedPerson, account: str) -> None:
        known = await people.find(self._pool, whose.tenant, whose.aad_object_id)
        # Somebody of whom no activity came yet: Teams takes either id.
        person = known or Person(aad_object_id=whose.aad_object_id, teams_id=whose.aad_object_id, name="")
        start = Start(
            tenant=whose.tenant,
            person=person,
            account=account,
            deadlines=Deadlines(link=self._settings.link_life),
        )
        offer = OfferLink(key=f"year-{whose.link}", why="year")
        await self._signals.signal(ACCOUNT_LINK, start, OFFER.goes_on_as, offer)
