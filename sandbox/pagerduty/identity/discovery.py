"""The documents that a client of the identity host reads without a credential."""

from fastapi import APIRouter

from sandbox.pagerduty.directory import JSON
from sandbox.pagerduty.identity.id_tokens import ISSUER_PATH
from sandbox.pagerduty.rest.dependencies import Account

router = APIRouter(prefix=ISSUER_PATH)


@router.get("/.well-known/openid-configuration")
async def openid_configuration(account: Account) -> JSON:
    """Where everything is, and what is supported."""
    return account.identity.id_tokens.discovery(account.identity.registration.scopes)


@router.get("/jwks")
async def published_keys(account: Account) -> JSON:
    """The keys that sign ID tokens."""
    return account.identity.id_tokens.published_keys()
