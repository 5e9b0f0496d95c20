"""Whether the credentials of the configuration work: each is used once, as the product will use it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import NamedTuple

from muster.clients.expiring import ExpiringCache
from muster.clients.pagerduty.app_scopes import USES
from muster.clients.pagerduty.tokens import AppTokens
from muster.config_file import PagerDutyAccount, TeamsRegistration
from muster.settings import Settings
from workflows.errors import NeedsPerson, OutsideError

_WITHIN = 15.0
"""Seconds for each credential; all are tried at the same time."""


class Credential(NamedTuple):
    """One registration or account, and how to ask for a token with it."""

    name: str
    keys: str
    """The keys of ``muster.toml`` that a refusal is about."""
    fetch: Callable[[], Awaitable[object]]


class Tried(NamedTuple):
    """How a credential did."""

    name: str
    problem: str | None
    """A sentence without a secret in it; None where it works."""


def name_of_registration(registration: TeamsRegistration) -> str:
    """As operators call it."""
    return f"Teams tenant {registration.tenant}"


def name_of_account(account: PagerDutyAccount) -> str:
    """As operators call it."""
    return f"PagerDuty account {account.subdomain} ({account.region})"


async def try_credentials(
    settings: Settings, *, bots: ExpiringCache[str, str], apps: AppTokens
) -> AsyncIterator[Tried]:
    """Ask ``bots`` for the token of each tenant's app, and ``apps`` for that of each PagerDuty account,
    with the scopes of every use.

    In the order of the answers. Nothing is raised for what Microsoft and PagerDuty answer.
    """
    of_teams = [
        Credential(name_of_registration(one), "tenant, app_id and app_secret", partial(bots.get, tenant))
        for tenant, one in settings.teams.items()
    ]
    of_pagerduty = [
        Credential(
            name_of_account(one),
            "subdomain, region, client_id and client_secret",
            partial(_for_every_use, apps, key),
        )
        for key, one in settings.accounts.items()
    ]
    for answered in asyncio.as_completed(map(_try, of_teams + of_pagerduty)):
        yield await answered


async def _for_every_use(apps: AppTokens, account: str) -> None:
    for use in USES:
        await apps.get(account, use)


async def _try(credential: Credential) -> Tried:
    try:
        async with asyncio.timeout(_WITHIN):
            await credential.fetch()
    except TimeoutError:
        return Tried(credential.name, f"no answer within {_WITHIN:g} s")
    except NeedsPerson as error:
        return Tried(credential.name, f"REFUSED: {error}; look at {credential.keys} in muster.toml")
    except OutsideError as error:
        return Tried(
            credential.name, f"NOT TRIED TO THE END: {error}; is there a way to it, and is it right?"
        )
    return Tried(credential.name, None)
