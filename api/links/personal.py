"""Personal links: one person proves who they are at Microsoft and then at PagerDuty, in one browser.

PagerDuty shows no login to whoever is signed in there. So without Microsoft first, a link that was sent on
would tie the person whom it was made for to the PagerDuty user of whoever opened it (docs/decisions/0047).
"""

from collections.abc import Mapping

import structlog

from api.links.flows import Flow, LinkedNames, Provider, Result, SignedIn
from api.links.kinds import Onward
from api.links.pagerduty_returns import configured_account, is_spent_meanwhile, refuse_failure
from api.oauth.reports import Reports
from muster.cards.link_pages import Invitation
from muster.cards.personal_link_pages import personal_page
from muster.clients.entra.consent import ConsentPages
from muster.clients.entra.sign_in import SignIns, Visitor
from muster.clients.entra.sign_in_errors import SignInRefused
from muster.clients.pagerduty.id_tokens import AuthorizationRefused
from muster.clients.pagerduty.oauth import PERSON_SCOPES, OAuthClient
from muster.config_file import PagerDutyAccount
from muster.security.sealing import KeyRing
from muster.store import link_offers, links
from muster.store.link_offers import Offer, PersonalSpending
from muster.store.pool import Pool

_HELPED_BY_ANOTHER_ACCOUNT = frozenset({"other_tenant", "no_object_id"})

log = structlog.stdlib.get_logger(__name__)


class Personal:
    """Goes on from Microsoft to PagerDuty for the asked person alone, and links them there."""

    provider: Provider = "microsoft"

    def __init__(
        self,
        pool: Pool,
        keys: KeyRing,
        sign_ins: SignIns,
        pages: ConsentPages,
        oauth: OAuthClient,
        accounts: Mapping[str, PagerDutyAccount],
        reports: Reports,
    ) -> None:
        self._pool = pool
        self._keys = keys
        self._sign_ins = sign_ins
        self._pages = pages
        self._oauth = oauth
        self._accounts = accounts
        self._reports = reports

    def invitation(self, offer: Offer) -> Invitation:
        """See ``LinkKind``. Whom the link is for is nobody's business who was sent it."""
        return personal_page(account=offer.account or "")

    async def hosts(self, offer: Offer) -> tuple[str, ...]:
        """See ``LinkKind``: whoever is signed in at both is asked nothing in between."""
        account = configured_account(self._accounts, offer)
        return (await self._pages.page(offer.tenant), account.identity_url)

    async def begin(self, offer: Offer, flow: Flow, *, choose: bool) -> Onward | Result:
        """See ``LinkKind``."""
        if not await self._serves(offer):
            return _ACCOUNT_LEFT
        begun = await self._sign_ins.begin(offer.tenant, state=flow.state, choose=choose)
        kept = {"verifier": begun.verifier, "nonce": begun.nonce}
        return Onward(begun.address, flow.model_copy(update=kept))

    async def returned(self, flow: Flow, told: Mapping[str, str]) -> Onward | Result | None:
        """See ``LinkKind``."""
        offer = await link_offers.find(self._pool, flow.offer)
        if offer is None:
            return Result(outcome="invalid")
        try:
            if flow.waits_for == "microsoft":
                return await self._signed_in(offer, flow, told)
            return await self._authorized(offer, flow, told)
        except SignInRefused as refused:
            log.warning("a sign-in was refused", offer=flow.offer, reason=str(refused))
            helped = refused.reason in _HELPED_BY_ANOTHER_ACCOUNT
            return Result(
                outcome="refused",
                reason=refused.reason,
                sign_in_hosts=await self.hosts(offer) if helped else (),
                is_aside=refused.reason == "sign_in_late",
            )
        except AuthorizationRefused as refused:
            log.warning("an authorization was refused", offer=flow.offer, reason=str(refused))
            return Result(outcome="refused", reason=refused.reason)

    async def shown_again(self, offer: Offer, flow: Flow) -> Result | None:
        """See ``LinkKind``: a link that was replaced or let go holds no more."""
        user = await links.shown(self._pool, offer.link) if offer.link is not None else None
        if user is None:
            return None
        return _linked(LinkedNames(teams=flow.teams_name, pagerduty=user.name, email=user.email))

    async def report(self, flow: Flow, result: Result) -> bool:
        """See ``LinkKind``."""
        offer = await link_offers.find(self._pool, flow.offer)
        return offer is None or offer.reported_at is not None or await self._reports.tell(offer)

    async def _signed_in(self, offer: Offer, flow: Flow, told: Mapping[str, str]) -> Onward | Result:
        if offer.state != "open":
            return Result(outcome="invalid")
        visitor = await self._sign_ins.visitor(offer.tenant, told, verifier=flow.verifier, nonce=flow.nonce)
        if visitor.aad_object_id.casefold() != offer.person.casefold():
            log.warning("a personal link was opened by somebody else", offer=offer.id)
            return await self._other_person(offer, visitor)
        if not await self._serves(offer):
            return _ACCOUNT_LEFT
        onward = flow.next("pagerduty").model_copy(update={"teams_name": visitor.name or visitor.address})
        address = self._oauth.authorize_url(
            configured_account(self._accounts, offer),
            state=onward.state,
            verifier=onward.verifier,
            scopes=PERSON_SCOPES,
        )
        return Onward(address, onward)

    async def _other_person(self, offer: Offer, visitor: Visitor) -> Result:
        return Result(
            outcome="other_person",
            visitor=SignedIn(name=visitor.name, address=visitor.address),
            sign_in_hosts=await self.hosts(offer),
        )

    async def _authorized(self, offer: Offer, flow: Flow, told: Mapping[str, str]) -> Result:
        if offer.spent_flow == flow.digest:
            return await self._linked_before(offer, flow)
        refuse_failure(told)
        if offer.state != "open":
            return Result(outcome="invalid")
        account = configured_account(self._accounts, offer)
        if not await link_offers.claim_code(self._pool, offer.id, flow.digest):
            # PagerDuty ends what a code began when it comes again (RFC 6749, 4.1.2): it is sent once.
            if not await is_spent_meanwhile(self._pool, flow):
                raise AuthorizationRefused("code_refused")
            return await self._linked_before(offer, flow)
        person = await self._oauth.person(account, code=told["code"], verifier=flow.verifier)
        spending = PersonalSpending(
            account=account.key,
            user=person.user,
            name=person.name,
            email=person.email,
            tokens=person.tokens,
            role=person.role,
        )
        spent = await link_offers.spend_personal(self._pool, self._keys, offer.id, spending, flow.digest)
        if spent.result == "over":
            return Result(outcome="invalid")
        if spent.result == "left":
            return _ACCOUNT_LEFT
        log.info("a person was linked", offer=offer.id, account=account.key, user=person.user)
        return _linked(
            LinkedNames(
                teams=flow.teams_name, pagerduty=person.name, email=person.email, replaced=spent.replaced
            ),
            is_reported=False,
        )

    async def _linked_before(self, offer: Offer, flow: Flow) -> Result:
        """The success of another delivery of the same return, which its workflow may not know yet."""
        spent = await link_offers.find(self._pool, offer.id)
        shown = await self.shown_again(spent, flow) if spent is not None else None
        return (shown or Result(outcome="invalid")).model_copy(update={"is_reported": False})

    async def _serves(self, offer: Offer) -> bool:
        """Whether a team of the person's tenant belongs to the account still."""
        return await links.serves(self._pool, tenant=offer.tenant, account=offer.account or "")


_ACCOUNT_LEFT = Result(outcome="refused", reason="account_left")


def _linked(names: LinkedNames, *, is_reported: bool = True) -> Result:
    return Result(outcome="linked", names=names, is_reported=is_reported)
