"""What returns from PagerDuty have in common, whatever the link."""

import asyncio
from collections.abc import Mapping

import structlog

from api.links.flows import Flow
from muster.clients.pagerduty.id_tokens import AuthorizationRefused
from muster.config_file import PagerDutyAccount
from muster.store import link_offers
from muster.store.link_offers import Offer
from muster.store.pool import Pool
from workflows.errors import ProviderUnavailable, RequestInvalid

_OUTAGES = frozenset({"server_error", "temporarily_unavailable"})
"""Of RFC 6749, 4.1.2.1."""
_READS_AFTER = (0.0, 0.2, 0.4, 0.8, 1.6)
"""Seconds before each read for another delivery of the same return, which uses the code just now."""

log = structlog.stdlib.get_logger(__name__)


def configured_account(accounts: Mapping[str, PagerDutyAccount], offer: Offer) -> PagerDutyAccount:
    """The account of an offer; raises ``RequestInvalid`` where no configuration has it any more."""
    account = accounts.get(offer.account or "")
    if account is None:
        log.error("a link is for an account that is not configured", offer=offer.id)
        raise RequestInvalid("the account of a link is not configured")
    return account


def refuse_failure(told: Mapping[str, str]) -> None:
    """Raise what PagerDuty told in the place of a code."""
    error = told.get("error")
    if error in _OUTAGES:
        raise ProviderUnavailable("PagerDuty could not authorize right now")
    if error is not None:
        raise AuthorizationRefused("denied" if error == "access_denied" else "app_refused")
    if not told.get("code"):
        raise AuthorizationRefused("code_refused")


async def is_spent_meanwhile(pool: Pool, flow: Flow) -> bool:
    """Whether the same return, which a browser may send twice at once, has spent the offer already."""
    for pause in _READS_AFTER:
        await asyncio.sleep(pause)
        offer = await link_offers.find(pool, flow.offer)
        if offer is None or offer.state != "open":
            return offer is not None and offer.spent_flow == flow.digest
    return False
