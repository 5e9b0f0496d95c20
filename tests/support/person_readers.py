"""What an API asks PagerDuty with, as people."""

from contextlib import AbstractAsyncContextManager

import httpx

from api.gateway import Gateway
from api.person_readers import PersonReaders, running_readers
from muster.clients.pagerduty.refresh import RefreshClient
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.linked_people.link_refresh import LinkRefresh
from muster.security.sealing import KeyRing
from muster.settings import Settings
from muster.store.pool import Pool
from tests.support.settings import KEYS


def readers_in_an_api(
    settings: Settings,
    pool: Pool,
    http: httpx.AsyncClient,
    gateway: Gateway,
    *,
    refresh_pool: Pool | None = None,
) -> AbstractAsyncContextManager[PersonReaders]:
    """As the API builds it; its refreshes use ``pool`` where they have none of their own."""
    keys = KeyRing.parse(KEYS)
    return running_readers(
        settings,
        pagerduty=PagerDutyClient(http),
        refresh=LinkRefresh(RefreshClient(http), refresh_pool or pool, settings.accounts, keys),
        gateway=gateway,
        pool=pool,
        keys=keys,
    )
