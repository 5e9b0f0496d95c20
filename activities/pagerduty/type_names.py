"""What an account calls its incident types, read once an hour where an incident has one."""

from collections.abc import Mapping
from typing import Any

import structlog

from muster.clients.expiring import Expiring, ExpiringCache
from muster.clients.pagerduty.access import account_of
from muster.clients.pagerduty.app_scopes import INCIDENT_TYPES
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.clients.pagerduty.tokens import AppTokens
from muster.config_file import PagerDutyAccount
from muster.payloads.incident import incident_type_of, type_names_of
from workflows.errors import OutsideError
from workflows.incident.values import TypeName

_KEPT = 3600.0
_KEPT_WITHOUT = 300.0
"""Seconds until the names are asked for again, and until that where they could not be read."""
_WITHIN = 1.0

log = structlog.stdlib.get_logger(__name__)


class TypeNames:
    """Names of incident types by account. An app may lack ``incident_types.read``: then there are none."""

    def __init__(
        self,
        pagerduty: PagerDutyClient,
        app_tokens: AppTokens,
        accounts: Mapping[str, PagerDutyAccount],
    ) -> None:
        self._client = pagerduty
        self._app_tokens = app_tokens
        self._accounts = accounts
        self._cache: ExpiringCache[str, Mapping[str, str]] = ExpiringCache(self._fetch)

    async def of(self, account: str, incident: Mapping[str, Any]) -> TypeName | None:
        """The name of the incident's type; ``None`` for the base type, and where it cannot be read."""
        name = incident_type_of(incident)
        if name is None:
            return None
        shown = (await self._cache.get(account)).get(name)
        return TypeName(name=name, shown=shown) if shown else None

    async def _fetch(self, key: str) -> Expiring[Mapping[str, str]]:
        account = account_of(self._accounts, key)
        try:
            token = await self._app_tokens.get(key, INCIDENT_TYPES)
            types = await self._client.list_incident_types(account, token=token, within=_WITHIN)
        except OutsideError as error:
            log.warning("incident types not read", account=key, reason=type(error).__name__)
            return Expiring({}, _KEPT_WITHOUT)
        return Expiring(type_names_of(types), _KEPT)
