"""Reading incidents, as the account's app."""

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog

from activities.pagerduty.notes import Notes
from activities.pagerduty.type_names import TypeNames
from activities.registration import implements
from muster.clients.pagerduty.access import account_of, bounded, details_of
from muster.clients.pagerduty.app_scopes import INCIDENTS
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.clients.pagerduty.tokens import AppTokens
from muster.config_file import PagerDutyAccount
from muster.payloads.alerts import MOST_ALERTS, alert_count_of, alerts_of
from muster.payloads.rest import latest_note_of
from muster.store.details import StoredDetails, lock_incident, read_details, store_details
from muster.store.pool import Pool, transaction
from workflows.channel_incident.activities import READ_DETAILS, RESTORE_INCIDENT, ReadDetails
from workflows.errors import OutsideError
from workflows.incident.events import Details
from workflows.incident.values import Alerts

_DETAILS_WITHIN = 4.5
_ALERTS_WITHIN = 1.0
_RESTORE_WITHIN = 1.5
_READ_SECONDS = 7.0
"""Less than the row's start-to-close limit, so that an attempt that timed out holds no connection."""

log = structlog.stdlib.get_logger(__name__)


class IncidentActivities:
    """Reads incidents.

    ``details_pool`` is used by nothing else. A connection is held while PagerDuty answers, and a PagerDuty
    that hangs must take no connection from the cards.
    """

    def __init__(
        self,
        pagerduty: PagerDutyClient,
        app_tokens: AppTokens,
        details_pool: Pool,
        accounts: Mapping[str, PagerDutyAccount],
    ) -> None:
        self._client = pagerduty
        self._app_tokens = app_tokens
        self._pool = details_pool
        self._accounts = accounts
        self._incident_notes = Notes(pagerduty, app_tokens, accounts)
        self._type_names = TypeNames(pagerduty, app_tokens, accounts)

    @implements(READ_DETAILS)
    async def read_details(self, request: ReadDetails) -> Details:
        """What webhooks do not carry; one question at a time for all conversations of an incident.

        Notes are read where events may have been missed, for a fresh answer. The alerts are read once in the
        incident's life: what fired first does not change.
        """
        async with bounded(_READ_SECONDS), transaction(self._pool) as connection:
            await lock_incident(connection, "read", request.account, request.incident_id)
            stored = await read_details(connection, request.account, request.incident_id, request.wanted)
            if stored and stored.covers and not request.fresh:
                return stored.details
            incident, notes = await asyncio.gather(
                self._incident(request, within=_DETAILS_WITHIN),
                self._notes(request) if request.fresh else _stored_notes(stored),
            )
            alerts = stored.details.alerts if stored else None
            details = details_of(incident, read_for=request.wanted).model_copy(
                update={
                    **notes,
                    "alerts": await self._alerts(request, incident, alerts),
                    "type_name": await self._type_names.of(request.account, incident),
                }
            )
            await store_details(connection, request.account, request.incident_id, details)
            return details

    @implements(RESTORE_INCIDENT)
    async def restore_incident(self, request: ReadDetails) -> Details:
        """The incident as it is now, for a run that follows an ended one: one quick try."""
        incident, notes = await asyncio.gather(
            self._incident(request, within=_RESTORE_WITHIN), self._notes(request)
        )
        return details_of(incident, read_for=request.wanted).model_copy(update=notes)

    async def _notes(self, request: ReadDetails) -> dict[str, Any]:
        """What the details tell of notes; nothing where they cannot be read now: the card does without."""
        notes = await self._incident_notes.of(request.account, request.incident_id)
        return {} if notes is None else {"latest_note": latest_note_of(notes), "notes_read": True}

    async def _alerts(
        self, request: ReadDetails, incident: Mapping[str, Any], known: Alerts | None
    ) -> Alerts | None:
        """The first alerts; ``None`` where they cannot be read now: the card does without them until then."""
        count = alert_count_of(incident)
        if count == 0:
            return Alerts()
        if known is not None and known.first:
            return known.model_copy(update={"count": max(count or known.count, len(known.first))})
        account = account_of(self._accounts, request.account)
        try:
            answer = await self._client.list_alerts(
                account,
                request.incident_id,
                token=await self._app_tokens.get(account.key, INCIDENTS),
                most=MOST_ALERTS,
                within=_ALERTS_WITHIN,
            )
        except OutsideError as error:
            log.warning("alerts not read", incident=request.incident_id, reason=type(error).__name__)
            return None
        return alerts_of(answer, count=count)

    async def _incident(self, request: ReadDetails, *, within: float) -> Mapping[str, Any]:
        account = account_of(self._accounts, request.account)

        async def read(token: str) -> Mapping[str, Any]:
            return await self._client.get_incident(account, request.incident_id, token=token, within=within)

        return await self._app_tokens.asked(account.key, INCIDENTS, read)


async def _stored_notes(stored: StoredDetails | None) -> dict[str, Any]:
    """What an earlier answer told of notes."""
    if stored is None:
        return {}
    return {"latest_note": stored.details.latest_note, "notes_read": stored.details.notes_read}
