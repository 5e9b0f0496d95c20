"""The routes of links and returns, made of what the API has open."""

from fastapi import APIRouter

from api.links.authorize import Authorize
from api.links.consent import Consent
from api.links.flows import Flows
from api.links.kinds import Kinds
from api.links.personal import Personal
from api.links.route import LinkPages, link_router
from api.oauth.reports import Reports
from api.oauth.route import Returns, return_router
from muster.clients.entra.consent import ConsentPages
from muster.clients.entra.sign_in import SignIns
from muster.clients.pagerduty.oauth import OAuthClient
from muster.security.sealing import KeyRing
from muster.security.signed_links import SignedLinks
from muster.settings import Settings
from muster.store.pool import Pool


def link_routers(
    settings: Settings,
    *,
    pool: Pool,
    keys: KeyRing,
    reports: Reports,
    oauth: OAuthClient,
    consent_pages: ConsentPages,
    sign_ins: SignIns,
) -> tuple[APIRouter, ...]:
    """Pages and returns, which share the kinds of links and the flows of browsers."""
    kinds: Kinds = {
        "authorize": Authorize(pool, oauth, settings.accounts, reports),
        "consent": Consent(pool, consent_pages, reports),
        "link_accounts": Personal(pool, keys, sign_ins, consent_pages, oauth, settings.accounts, reports),
    }
    flows = Flows(keys, settings.public_url)
    pages = LinkPages(pool, SignedLinks(keys), flows, kinds, settings.public_url)
    return link_router(pages), return_router(Returns(flows, kinds, settings.public_url))
