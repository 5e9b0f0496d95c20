"""What people may do at PagerDuty, read as those people in the API's own turn."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from api.gateway import Gateway
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.linked_people.ended_links import EndedLinks
from muster.linked_people.link_refresh import LinkRefresh
from muster.linked_people.person_token import PersonTokens
from muster.linked_people.rights_reader import RightsReader
from muster.security.sealing import KeyRing
from muster.settings import Settings
from muster.store.pool import Pool

_READ_SECONDS = 4.0
"""Of the 6 s that a command has: the others are for the rows that it reads before and after."""
_GRACE = timedelta(seconds=20)
"""For refreshes that go on when the API stops. Longer than PagerDuty may take to answer one, and the database
to write it (19 s)."""


@asynccontextmanager
async def running_rights(
    settings: Settings,
    *,
    pagerduty: PagerDutyClient,
    refresh: LinkRefresh,
    gateway: Gateway,
    pool: Pool,
    keys: KeyRing,
) -> AsyncIterator[RightsReader]:
    """A reader over what the caller closes. At the end of the block, what began ends and is told."""
    tokens = PersonTokens(refresh, EndedLinks(gateway, pool, settings), pool, keys)
    try:
        yield RightsReader(pagerduty, settings.accounts, tokens, within=_READ_SECONDS)
    finally:
        tokens.stop(within=_GRACE)
        await tokens.finish()
