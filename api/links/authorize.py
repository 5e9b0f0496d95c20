"""Authorize links: an admin of the PagerDuty account connects the team to it."""

import asyncio
from collections.abc import Mapping

import structlog

from api.links.flows import Flow, Result
from api.links.kinds import Provider
from api.oauth.reports import Reports
from muster.cards.link_pages import Invitation, authorize_page
from muster.clients.pagerduty.id_tokens import AuthorizationRefused
from muster.clients.pagerduty.oauth import OAuthClient
from muster.config_file import PagerDutyAccount
from muster.store import link_offers
from muster.store.link_offers import Offer, Spending
from muster.store.pool import Pool
from workflows.errors import ProviderUnavailable, RequestInvalid

_OUTAGES = frozenset({"server_error", "temporarily_unavailable"})
"""Of RFC 6749, 4.1.2.1."""
_READS_AFTER = (0.0, 0.2, 0.4, 0.8, 1.6)
"""Seconds before each read for another delivery of the same return, which uses the code just now."""

log = structlog.stdlib.get_logger(__name__)


class Authorize:
    """Exchanges the code, and spends the offer where it came from an admin of the offer's account."""

    provider: Provider = "pagerduty"
    tells_state = False

    def __init__(
        self, pool: Pool, oauth: OAuthClient, accounts: Mapping[str, PagerDutyAccount], reports: Reports
    ) -> None:
        self._pool = pool
        self._oauth = oauth
        self._accounts = accounts
        self._reports = reports

    def invitation(self, offer: Offer) -> Invitation:
        """See ``LinkKind``."""
        return authorize_page(team=offer.team_name, installer=offer.installer, account=offer.account or "")

    async def host(self, offer: Offer) -> str:
        """See ``LinkKind``."""
        return self._account(offer).identity_url

    async def address(self, offer: Offer, flow: Flow) -> str:
        """See ``LinkKind``."""
        return self._oauth.authorize_url(self._account(offer), state=flow.state, verifier=flow.verifier)

    async def returned(self, flow: Flow, told: Mapping[str, str]) -> Result | None:
        """See ``LinkKind``."""
        try:
            return await self._authorized(flow, told)
        except AuthorizationRefused as refused:
            log.warning("an authorization was refused", offer=flow.offer, reason=str(refused))
            return Result(outcome="failed", reason=refused.reason)

    async def report(self, flow: Flow, result: Result) -> bool:
        """See ``LinkKind``."""
        offer = await link_offers.find(self._pool, flow.offer)
        return offer is None or offer.reported_at is not None or await self._reports.tell(offer)

    async def _authorized(self, flow: Flow, told: Mapping[str, str]) -> Result:
        offer = await link_offers.find(self._pool, flow.offer)
        if offer is not None and offer.spent_flow == flow.digest:
            return _connected(offer)
        _refuse_failure(told)
        if offer is None or offer.state not in ("open", "spent"):
            return Result(outcome="invalid")
        account = self._account(offer)
        try:
            admin = await self._oauth.admin(account, code=told.get("code", ""), verifier=flow.verifier)
        except AuthorizationRefused as refused:
            if refused.reason == "code_refused" and await self._is_spent_meanwhile(flow):
                return _connected(offer)
            raise
        spending = Spending(account=account.key, user=admin.user, name=admin.name, role=admin.role)
        result, offer, _ = await link_offers.spend(self._pool, offer.id, spending, flow.digest)
        if result == "over":
            return Result(outcome="invalid")
        if result == "spent":
            log.info(
                "a team was authorized",
                offer=offer.id,
                team=offer.team,
                account=account.key,
                user=admin.user,
                role=admin.role,
            )
        return _connected(offer)

    async def _is_spent_meanwhile(self, flow: Flow) -> bool:
        """Whether the same return, which a browser may send twice at once, has spent the offer already."""
        for pause in _READS_AFTER:
            await asyncio.sleep(pause)
            offer = await link_offers.find(self._pool, flow.offer)
            if offer is None or offer.state != "open":
                return offer is not None and offer.spent_flow == flow.digest
        return False

    def _account(self, offer: Offer) -> PagerDutyAccount:
        account = self._accounts.get(offer.account or "")
        if account is None:
            log.error("a link is for an account that is not configured", offer=offer.id)
            raise RequestInvalid("the account of a link is not configured")
        return account


def _connected(offer: Offer) -> Result:
    return Result(outcome="connected", team=offer.team_name, is_reported=False)


def _refuse_failure(told: Mapping[str, str]) -> None:
    """Raise what PagerDuty told instead of a code."""
    error = told.get("error")
    if error in _OUTAGES:
        raise ProviderUnavailable("PagerDuty could not authorize right now")
    if error is not None:
        raise AuthorizationRefused("denied" if error == "access_denied" else "app_refused")
    if not told.get("code"):
        raise AuthorizationRefused("code_refused")
