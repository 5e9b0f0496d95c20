"""Reading incidents, as the account's app."""

from collections.abc import Mapping

from activities.pagerduty.access import account_of, bounded, details_of
from activities.registration import implements
from muster.clients.expiring import ExpiringCache
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.settings import PagerDutyAccount
from muster.store.details import lock_incident, read_details, store_details
from muster.store.pool import Pool, transaction
from workflows.channel_incident.activities import READ_DETAILS, RESTORE_INCIDENT, ReadDetails
from workflows.errors import CredentialRejected
from workflows.incident.events import Details

_DETAILS_WITHIN = 5.0
_RESTORE_WITHIN = 1.5
_READ_SECONDS = 7.0
"""Less than the row's start-to-close limit, so that an attempt that timed out holds no connection."""


class IncidentActivities:
    """Reads incidents.

    ``details_pool`` is used by nothing else. A connection is held while PagerDuty answers, and a PagerDuty
    that hangs must take no connection from the cards.
    """

    def __init__(
        self,
        pagerduty: PagerDutyClient,
        app_tokens: ExpiringCache[str, str],
        details_pool: Pool,
        accounts: Mapping[str, PagerDutyAccount],
    ) -> None:
        self._client = pagerduty
        self._app_tokens = app_tokens
        self._pool = details_pool
        self._accounts = accounts

    @implements(READ_DETAILS)
    async def read_details(self, request: ReadDetails) -> Details:
        """What webhooks do not carry; one question at a time for all conversations of an incident."""
        async with bounded(_READ_SECONDS), transaction(self._pool) as connection:
            await lock_incident(connection, "read", request.account, request.incident_id)
            if not request.fresh and (
                stored := await read_details(connection, request.account, request.incident_id, request.wanted)
            ):
                return stored
            details = await self._read(request, within=_DETAILS_WITHIN)
            await store_details(connection, request.account, request.incident_id, details)
            return details

    @implements(RESTORE_INCIDENT)
    async def restore_incident(self, request: ReadDetails) -> Details:
        """The incident as it is now, for a run that follows an ended one: one quick try."""
        return await self._read(request, within=_RESTORE_WITHIN)

    async def _read(self, request: ReadDetails, *, within: float) -> Details:
        account = account_of(self._accounts, request.account)
        token = await self._app_tokens.get(account.key)
        try:
            incident = await self._client.get_incident(
                account, request.incident_id, token=token, within=within
            )
        except CredentialRejected:
            token = await self._app_tokens.renew(account.key, token)
            incident = await self._client.get_incident(
                account, request.incident_id, token=token, within=within
            )
        return details_of(incident, read_for=request.wanted)
