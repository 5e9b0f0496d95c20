"""Links that ended although their people wanted them: each person is told once, with a new link."""

import structlog

from activities.signals import WorkflowSignals
from muster.settings import Settings
from muster.store import links, people
from muster.store.links import EndedLink
from muster.store.pool import Pool
from workflows.account_link.messages import Deadlines, OfferLink, Start
from workflows.account_link.workflow_type import ACCOUNT_LINK, OFFER
from workflows.person import Person

log = structlog.stdlib.get_logger(__name__)


class EndedLinks:
    """Has ``AccountLink`` tell people, and writes that it knows."""

    def __init__(self, signals: WorkflowSignals, pool: Pool, settings: Settings) -> None:
        self._signals = signals
        self._pool = pool
        self._settings = settings

    async def tell(self, ended: EndedLink) -> None:
        """Ask for the message and write that it was asked for.

        What fails between the two is asked for again, with the same key. Raises ``ProviderUnavailable``, and
        what a database raises that is away.
        """
        person = await people.find(self._pool, ended.tenant, ended.aad_object_id)
        if person is None:  # no activity of theirs has come yet; Teams takes either id
            person = Person(aad_object_id=ended.aad_object_id, teams_id=ended.aad_object_id, name="")
        start = Start(
            tenant=ended.tenant,
            person=person,
            account=ended.account,
            deadlines=Deadlines(link=self._settings.link_life),
        )
        offer = OfferLink(key=f"ended-{ended.link}", why="ended")
        await self._signals.signal(ACCOUNT_LINK, start, OFFER.goes_on_as, offer)
        await links.note_told(self._pool, ended.link)
        log.info("the end of a link is told", link=ended.link, account=ended.account)
