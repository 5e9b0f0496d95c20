"""A service's open incidents, asked of PagerDuty as the account's app, come into a conversation."""

import asyncio
from collections.abc import Mapping

import structlog

from activities.heartbeats import heartbeats
from activities.registration import implements
from activities.signals import WorkflowSignals
from muster.clients.pagerduty.access import account_of
from muster.clients.pagerduty.app_scopes import INCIDENTS
from muster.clients.pagerduty.rest import BACKGROUND, LARGEST_PAGE, OpenPage, PagerDutyClient
from muster.clients.pagerduty.tokens import AppTokens
from muster.config_file import PagerDutyAccount
from muster.settings import Settings
from muster.store import targets
from muster.store.pool import Pool
from muster.store.targets import Target
from workflows.bringing_in.activities import (
    BRING_IN,
    COUNT_OPEN,
    MOST,
    BringIn,
    BroughtIn,
    OfService,
    OpenIncidents,
)
from workflows.channel_incident.messages import Attached, Start, Timing
from workflows.channel_incident.workflow_type import ATTACH, CHANNEL_INCIDENT
from workflows.errors import ProviderUnavailable

_COUNTED_WITHIN = 3.0
"""Seconds: a message waits for the number."""
_MOST_READ = 500
"""Open incidents of one service. Cards of older ones go on with their next event."""
_STARTED_AT_ONCE = 10

log = structlog.stdlib.get_logger(__name__)


class BringingInActivities:
    """Counts open incidents, and brings them in."""

    def __init__(
        self,
        pagerduty: PagerDutyClient,
        app_tokens: AppTokens,
        accounts: Mapping[str, PagerDutyAccount],
        pool: Pool,
        signals: WorkflowSignals,
        settings: Settings,
    ) -> None:
        self._client = pagerduty
        self._app_tokens = app_tokens
        self._accounts = accounts
        self._pool = pool
        self._signals = signals
        self._settings = settings

    @implements(COUNT_OPEN)
    async def count_open(self, request: OfService) -> OpenIncidents:
        """How many incidents of the service would come in."""
        account = account_of(self._accounts, request.account)
        page = await self._page(account, request.service, most=MOST, within=_COUNTED_WITHIN)
        return OpenIncidents(count=len(page.ids), more=page.more)

    @implements(BRING_IN)
    async def bring_in(self, request: BringIn) -> BroughtIn:
        """Register a card for each incident that is open now, then start its run, or tell the one there is.

        Done again it changes nothing, wherever it was left off: rows and runs are there once. Raises
        ``ProviderUnavailable`` with the number of runs that could not be started.
        """
        place = request.connection
        if reason := await targets.why_not_bring_in(self._pool, place):
            return BroughtIn(outcome=reason)
        account = account_of(self._accounts, place.account)
        async with heartbeats():
            incidents, more = await self._open(account, place.service)
            found = await targets.bring_in(self._pool, place, incidents, most=MOST)
            await self._start(
                found, Attached(by=request.by, by_connection=True, correlation=request.correlation)
            )
        if not found and incidents:
            return BroughtIn(outcome=await targets.why_not_bring_in(self._pool, place) or "nothing_open")
        return BroughtIn(
            outcome="brought_in" if found else "nothing_open",
            count=len(found),
            more=more or len(found) < len(incidents),
            page=f"{account.web_url.rstrip('/')}/service-directory/{place.service}",
        )

    async def _open(self, account: PagerDutyAccount, service: str) -> tuple[list[str], bool]:
        """Ids of the service's open incidents, newest first, each once, and whether there are others."""
        found: dict[str, None] = {}
        for offset in range(0, _MOST_READ, LARGEST_PAGE):
            page = await self._page(account, service, most=LARGEST_PAGE, offset=offset)
            found |= dict.fromkeys(page.ids)
            if not page.more:
                return list(found), False
        return list(found), True

    async def _page(
        self,
        account: PagerDutyAccount,
        service: str,
        *,
        most: int,
        offset: int = 0,
        within: float = BACKGROUND,
    ) -> OpenPage:
        async def read(token: str) -> OpenPage:
            return await self._client.list_open_incidents(
                account, service, token=token, most=most, offset=offset, within=within
            )

        return await self._app_tokens.asked(account.key, INCIDENTS, read)

    async def _start(self, found: tuple[Target, ...], attached: Attached) -> None:
        few = asyncio.Semaphore(_STARTED_AT_ONCE)
        timing = Timing(edit_interval=self._settings.edit_interval, grace=self._settings.grace)
        starts = [target.start(timing) for target in found]
        started = await asyncio.gather(*(self._is_started(start, attached, few) for start in starts))
        if missed := started.count(False):
            raise ProviderUnavailable(f"{missed} of {len(started)} incidents were not brought in")

    async def _is_started(self, start: Start, attached: Attached, few: asyncio.Semaphore) -> bool:
        async with few:
            try:
                await self._signals.signal(CHANNEL_INCIDENT, start, ATTACH, attached)
            except ProviderUnavailable as error:
                log.warning("an incident was not brought in", incident=start.incident_id, error=str(error))
                return False
        return True
