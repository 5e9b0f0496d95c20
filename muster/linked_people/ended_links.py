"""Links that ended although their people wanted them: each person is told once, with a new link."""

import structlog

from muster.linked_people.link_offers import LinkOffers
from muster.linked_people.signals import Signals
from muster.settings import Settings
from muster.store import links
from muster.store.links import EndedLink
from muster.store.pool import Pool
from workflows.account_link.messages import OfferLink
from workflows.account_link.state import Why

log = structlog.stdlib.get_logger(__name__)


class EndedLinks:
    """Has ``AccountLink`` tell people, and writes that it knows."""

    def __init__(self, signals: Signals, pool: Pool, settings: Settings) -> None:
        self._pool = pool
        self._offers = LinkOffers(signals, settings, pool)

    async def tell(self, ended: EndedLink) -> None:
        """Ask for the message and write that it was asked for.

        What fails between the two is asked for again, with the same key. Raises ``ProviderUnavailable``, and
        what a database raises that is away.
        """
        why: Why = "user_gone" if ended.reason == "user_gone" else "ended"
        await self._offers.ask_for(
            tenant=ended.tenant,
            aad_object_id=ended.aad_object_id,
            account=ended.account,
            offer=OfferLink(key=f"ended-{ended.link}", why=why),
        )
        await links.note_told(self._pool, ended.link)
        log.info("the end of a link is told", link=ended.link, account=ended.account, reason=ended.reason)
