"""An incident's notes, read as the account's app where nobody can wait for long."""

from collections.abc import Mapping
from typing import Any

import structlog

from muster.clients.pagerduty.access import account_of, bounded
from muster.clients.pagerduty.app_scopes import INCIDENTS
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.clients.pagerduty.tokens import AppTokens
from muster.config_file import PagerDutyAccount
from workflows.errors import OutsideError

_WITHIN = 1.2
"""Less than each caller has left of its own time."""

log = structlog.stdlib.get_logger(__name__)


class Notes:
    """Notes of incidents, for those who can do without them."""

    def __init__(
        self,
        pagerduty: PagerDutyClient,
        app_tokens: AppTokens,
        accounts: Mapping[str, PagerDutyAccount],
    ) -> None:
        self._client = pagerduty
        self._app_tokens = app_tokens
        self._accounts = accounts

    async def of(self, account: str, incident_id: str) -> list[Any] | None:
        """All of them, as the REST API lists them; ``None`` where they cannot be read within 1.2 s."""
        try:
            async with bounded(_WITHIN):
                configured = account_of(self._accounts, account)
                token = await self._app_tokens.get(account, INCIDENTS)
                return await self._client.list_notes(configured, incident_id, token=token, within=_WITHIN)
        except OutsideError as error:
            log.warning("notes not read", incident=incident_id, reason=type(error).__name__)
            return None
