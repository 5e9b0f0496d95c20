"""Consent links: an admin of the tenant grants what Muster asks for. They are passed on, and not spent."""

from collections.abc import Mapping

import structlog

from api.links.flows import Flow, Provider, Result
from api.links.kinds import Onward
from api.oauth.reports import Reports
from muster.cards.link_pages import Invitation, consent_page
from muster.clients.entra.consent import ConsentPages
from muster.store import link_offers
from muster.store.link_offers import Offer
from muster.store.pool import Pool

log = structlog.stdlib.get_logger(__name__)


class Consent:
    """Tells the workflow that somebody came back. What was granted is read by it, never believed."""

    provider: Provider = "microsoft"

    def __init__(self, pool: Pool, pages: ConsentPages, reports: Reports) -> None:
        self._pool = pool
        self._pages = pages
        self._reports = reports

    def invitation(self, offer: Offer) -> Invitation:
        """See ``LinkKind``."""
        return consent_page(team=offer.team_name, installer=offer.installer, account=offer.account)

    async def hosts(self, offer: Offer) -> tuple[str, ...]:
        """See ``LinkKind``."""
        return (await self._pages.page(offer.tenant),)

    async def begin(self, offer: Offer, flow: Flow, *, choose: bool) -> Onward:
        """See ``LinkKind``."""
        return Onward(await self._pages.address(offer.tenant, state=flow.state), flow)

    async def returned(self, flow: Flow, told: Mapping[str, str]) -> Result | None:
        """See ``LinkKind``."""
        is_refused = "error" in told
        # A refusal names the tenant in some of Microsoft's documents, and not in others.
        tenant = told.get("tenant", flow.tenant if is_refused else "")
        if tenant.casefold() != flow.tenant.casefold():
            return None
        offer = await link_offers.find(self._pool, flow.offer)
        if offer is None or offer.state != "open":
            return Result(outcome="invalid")
        await link_offers.note_returned(self._pool, offer.id, refused=is_refused)
        log.info("somebody came back from the consent page", offer=offer.id, refused=is_refused)
        outcome = "not_consented" if is_refused else "consented"
        return Result.model_validate({"outcome": outcome, "is_reported": False})

    async def shown_again(self, offer: Offer, flow: Flow) -> None:
        """See ``LinkKind``: a consent link is not spent."""

    async def report(self, flow: Flow, result: Result) -> bool:
        """See ``LinkKind``."""
        offer = await link_offers.find(self._pool, flow.offer)
        return offer is None or offer.reported_at is not None or await self._reports.tell(offer)
