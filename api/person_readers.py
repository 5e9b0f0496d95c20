"""What people may do and see at PagerDuty, read as those people in the API's own turn."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import NamedTuple

from api.gateway import Gateway
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.linked_people.ended_links import EndedLinks
from muster.linked_people.incident_search import IncidentFinder
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


class PersonReaders(NamedTuple):
    """What asks PagerDuty as people."""

    rights: RightsReader
    incidents: IncidentFinder


@asynccontextmanager
async def running_readers(
    settings: Settings,
    *,
    pagerduty: PagerDutyClient,
    refresh: LinkRefresh,
    gateway: Gateway,
    pool: Pool,
    keys: KeyRing,
) -> AsyncIterator[PersonReaders]:
    """Readers over what the caller closes. At the end of the block, what began ends and is told."""
    tokens = PersonTokens(refresh, EndedLinks(gateway, pool, settings), pool, keys)
    try:
        yield PersonReaders(
            RightsReader(pagerduty, settings.accounts, tokens, within=_READ_SECONDS),
            IncidentFinder(pagerduty, settings.accounts, tokens),
        )
    finally:
        tokens.stop(within=_GRACE)
        await tokens.finish()
