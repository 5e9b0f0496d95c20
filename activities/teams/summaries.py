"""How an incident went, said once in its chat after each resolve."""

from collections.abc import Mapping

import structlog

from activities.heartbeats import heartbeats
from activities.pagerduty.notes import Notes
from activities.registration import implements
from activities.teams.refused_sends import RefusedSends
from activities.teams.sends import Sends
from muster.cards.rooms.summary import summary_text
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.clients.pagerduty.tokens import AppTokens
from muster.clients.teams.connector import ConnectorClient
from muster.config_file import PagerDutyAccount
from muster.payloads.rest import count_of_notes
from muster.store import conversations, rooms
from muster.store.pool import Pool
from workflows.contract import Done
from workflows.errors import OutcomeUnknown, OutsideError
from workflows.incident_room.activities import SUM_UP, SumUp

log = structlog.stdlib.get_logger(__name__)


class SummaryActivities:
    """Says how incidents went."""

    def __init__(
        self,
        connector: ConnectorClient,
        pagerduty: PagerDutyClient,
        app_tokens: AppTokens,
        accounts: Mapping[str, PagerDutyAccount],
        pool: Pool,
        sends: Sends,
        refused_sends: RefusedSends,
    ) -> None:
        self._connector = connector
        self._notes = Notes(pagerduty, app_tokens, accounts)
        self._pool = pool
        self._sends = sends
        self._refused_sends = refused_sends

    @implements(SUM_UP)
    async def sum_up(self, request: SumUp) -> Done:
        """Say it at most once: the intent is committed first."""
        async with heartbeats(), self._refused_sends.reporting(request.chat):
            await self._sends.run(("summary", request.room), lambda: self._say(request))
        return Done()

    async def _say(self, request: SumUp) -> None:
        service_url = await conversations.service_url_of(self._pool, request.chat)
        # Before the intent: a worker that ends after it leaves a resolve of which nothing is ever said.
        request = await self._with_notes(request)
        if not await rooms.intend_summary(self._pool, request.room, resolved_at=request.resolved_at):
            return
        message = {"type": "message", "text": summary_text(request), "textFormat": "markdown"}
        try:
            await self._connector.send(service_url, request.tenant, request.chat, message)
        except OutcomeUnknown:
            raise
        except OutsideError:
            await rooms.withdraw_summary(self._pool, request.room, resolved_at=request.resolved_at)
            raise

    async def _with_notes(self, request: SumUp) -> SumUp:
        """With PagerDuty's count of notes: the run has heard those alone that came while there was a room."""
        notes = await self._notes.of(request.room.account, request.room.incident_id)
        return request if notes is None else request.model_copy(update={"notes": count_of_notes(notes)})
