"""Whether an incident is one of the caller's account: by what was shown of it, else as PagerDuty tells."""

import asyncio
from collections.abc import Mapping
from typing import Any

from api.public.errors import RETRY_AFTER, ApiError
from muster.clients.pagerduty.access import details_of
from muster.clients.pagerduty.app_scopes import INCIDENTS
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.clients.pagerduty.tokens import AppTokens
from muster.config_file import PagerDutyAccount
from muster.store import message_places
from muster.store.pool import Pool
from workflows.errors import NotFound, OutsideError
from workflows.incident.events import Details


class Incidents:
    """Finds the incidents of accounts."""

    def __init__(
        self,
        pool: Pool,
        pagerduty: PagerDutyClient,
        app_tokens: AppTokens,
        accounts: Mapping[str, PagerDutyAccount],
    ) -> None:
        self._pool = pool
        self._pagerduty = pagerduty
        self._app_tokens = app_tokens
        self._accounts = accounts

    async def require(self, account: str, incident_id: str, *, answer_by: float) -> None:
        """Return where the account has this incident; raises ``ApiError`` 404, or 503 where nobody tells."""
        if not await message_places.is_known(self._pool, account=account, incident_id=incident_id):
            await self.read(account, incident_id, answer_by=answer_by)

    async def read(self, account: str, incident_id: str, *, answer_by: float) -> Details:
        """The incident as PagerDuty has it now; raises as ``require``."""
        try:
            async with asyncio.timeout_at(answer_by):
                return details_of(await self._read(self._accounts[account], incident_id))
        except NotFound as error:
            raise ApiError(404, "there is no such incident") from error
        except (OutsideError, TimeoutError) as error:
            raise ApiError(503, "PagerDuty does not tell of this incident now", RETRY_AFTER) from error

    async def _read(self, account: PagerDutyAccount, incident_id: str) -> Mapping[str, Any]:
        async def read(token: str) -> Mapping[str, Any]:
            return await self._pagerduty.get_incident(account, incident_id, token=token)

        return await self._app_tokens.asked(account.key, INCIDENTS, read)
