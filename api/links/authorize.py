"""Authorize links: an admin of the PagerDuty account connects the team to it."""

from collections.abc import Mapping

import structlog

from api.links.flows import Flow, Provider, Result
from api.links.kinds import Onward
from api.links.pagerduty_returns import configured_account, is_spent_meanwhile, refuse_failure
from api.oauth.reports import Reports
from muster.cards.link_pages import Invitation, authorize_page
from muster.clients.pagerduty.id_tokens import AuthorizationRefused
from muster.clients.pagerduty.oauth import ADMIN_SCOPES, OAuthClient
from muster.config_file import PagerDutyAccount
from muster.store import link_offers
from muster.store.link_offers import Offer, Spending
from muster.store.pool import Pool

log = structlog.stdlib.get_logger(__name__)


class Authorize:
    """Exchanges the code, and spends the offer where it came from an admin of the offer's account."""

    provider: Provider = "pagerduty"

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

    async def hosts(self, offer: Offer) -> tuple[str, ...]:
        """See ``LinkKind``."""
        return (configured_account(self._accounts, offer).identity_url,)

    async def begin(self, offer: Offer, flow: Flow, *, choose: bool) -> Onward:
        """See ``LinkKind``."""
        account = configured_account(self._accounts, offer)
        address = self._oauth.authorize_url(
            account, state=flow.state, verifier=flow.verifier, scopes=ADMIN_SCOPES
        )
        return Onward(address, flow)

    async def returned(self, flow: Flow, told: Mapping[str, str]) -> Result | None:
        """See ``LinkKind``."""
        try:
            return await self._authorized(flow, told)
        except AuthorizationRefused as refused:
            log.warning("an authorization was refused", offer=flow.offer, reason=str(refused))
            return Result(outcome="failed", reason=refused.reason)

    async def shown_again(self, offer: Offer, flow: Flow) -> Result:
        """See ``LinkKind``."""
        return Result(outcome="connected", team=offer.team_name)

    async def report(self, flow: Flow, result: Result) -> bool:
        """See ``LinkKind``."""
        offer = await link_offers.find(self._pool, flow.offer)
        return offer is None or offer.reported_at is not None or await self._reports.tell(offer)

    async def _authorized(self, flow: Flow, told: Mapping[str, str]) -> Result:
        offer = await link_offers.find(self._pool, flow.offer)
        if offer is not None and offer.spent_flow == flow.digest:
            return _connected(offer)
        refuse_failure(told)
        if offer is None or offer.state not in ("open", "spent"):
            return Result(outcome="invalid")
        account = configured_account(self._accounts, offer)
        try:
            admin = await self._oauth.admin(account, code=told.get("code", ""), verifier=flow.verifier)
        except AuthorizationRefused as refused:
            if refused.reason == "code_refused" and await is_spent_meanwhile(self._pool, flow):
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


def _connected(offer: Offer) -> Result:
    return Result(outcome="connected", team=offer.team_name, is_reported=False)
