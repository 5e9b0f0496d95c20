"""PagerDuty's REST API, as far as cards and their buttons need it."""

from collections.abc import Mapping, Sequence
from typing import Any, get_args
from urllib.parse import quote

import httpx

from muster.clients.http import broken_contract, exchange, json_object, refusal
from muster.settings import PagerDutyAccount
from workflows.errors import Conflict, Forbidden, NotFound, OutsideError, RateLimited
from workflows.incident.values import Status

INTERACTIVE = 2.0
"""Seconds for a call that somebody's click waits for."""
BACKGROUND = 10.0
"""Seconds for every other call."""

_PROVIDER = "PagerDuty"
_INCLUDED = (
    "acknowledgers",
    "assignees",
    "conference_bridge",
    "custom_fields",
    "escalation_policies",
    "first_trigger_log_entries",
    "priorities",
    "services",
    "teams",
    "users",
)
_BY_CODE: dict[str, type[OutsideError]] = {
    "1001": Conflict,  # already resolved
    "1002": Conflict,  # already acknowledged
    "1005": Conflict,  # changed since it was read
    "1018": Forbidden,  # the requester may not do this to this incident
    "2010": Forbidden,  # access denied
    "2018": Forbidden,  # the user lost access to the account
    "2020": RateLimited,
    "2100": NotFound,
    "5001": NotFound,
}


class PagerDutyClient:
    """One call per method, never repeated here.

    ``token`` is an OAuth access token: a person's, or the account's from ``app_token``. The methods
    raise ``OutsideError``s that keep PagerDuty's error number as ``code``.
    """

    def __init__(self, pool: httpx.AsyncClient) -> None:
        self._pool = pool

    async def get_incident(
        self, account: PagerDutyAccount, incident_id: str, *, token: str, within: float = BACKGROUND
    ) -> dict[str, Any]:
        """The incident with everything that can be included, as the REST API shows it."""
        request = self._request(
            account, "GET", ("incidents", incident_id), token, params={"include[]": list(_INCLUDED)}
        )
        return await self._incident(request, incident_id, within=within, repeatable=True)

    async def change_status(
        self,
        account: PagerDutyAccount,
        incident_id: str,
        status: Status,
        *,
        token: str,
        from_email: str,
        within: float = INTERACTIVE,
    ) -> dict[str, Any]:
        """Set the status as the token's person and return the incident as it is then.

        PagerDuty *reopens* a resolved incident that is told ``acknowledged``: read it first. An answer
        that got lost is ``OutcomeUnknown``; ``Conflict`` with code 1001 or 1002 means that the incident
        had that status already.
        """
        change = {"incident": {"type": "incident_reference", "status": status}}
        request = self._request(
            account, "PUT", ("incidents", incident_id), token, headers={"From": from_email}, json=change
        )
        return await self._incident(request, incident_id, within=within, repeatable=False)

    async def list_alerts(
        self,
        account: PagerDutyAccount,
        incident_id: str,
        *,
        token: str,
        most: int,
        within: float = BACKGROUND,
    ) -> dict[str, Any]:
        """The ``most`` oldest alerts of the incident, as the REST API lists them."""
        request = self._request(
            account,
            "GET",
            ("incidents", incident_id, "alerts"),
            token,
            params={"limit": most, "sort_by": "created_at:asc"},
        )
        return await self._answer(request, within=within, repeatable=True)

    async def list_incident_types(
        self, account: PagerDutyAccount, *, token: str, within: float = BACKGROUND
    ) -> dict[str, Any]:
        """The account's incident types, as the REST API lists them; asks for ``incident_types.read``."""
        request = self._request(account, "GET", ("incidents", "types"), token)
        return await self._answer(request, within=within, repeatable=True)

    def _request(
        self,
        account: PagerDutyAccount,
        method: str,
        path: Sequence[str],
        token: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        json: Mapping[str, Any] | None = None,
    ) -> httpx.Request:
        return self._pool.build_request(
            method,
            "/".join((account.api_url.rstrip("/"), *(quote(part, safe="") for part in path))),
            params=params,
            json=json,
            headers={
                "Accept": "application/vnd.pagerduty+json;version=2",
                "Content-Type": "application/json",
                "Authorization": f"Bearer {token}",
                **(headers or {}),
            },
        )

    async def _answer(self, request: httpx.Request, *, within: float, repeatable: bool) -> dict[str, Any]:
        response = await exchange(
            self._pool, request, provider=_PROVIDER, within=within, repeatable=repeatable
        )
        if not response.is_success:
            raise refusal(
                response, provider=_PROVIDER, repeatable=repeatable, code=_code_of(response), by_code=_BY_CODE
            )
        return json_object(response)

    async def _incident(
        self, request: httpx.Request, incident_id: str, *, within: float, repeatable: bool
    ) -> dict[str, Any]:
        answer = await self._answer(request, within=within, repeatable=repeatable)
        incident = answer.get("incident")
        if not isinstance(incident, dict) or incident.get("id") != incident_id:
            raise broken_contract(_PROVIDER, "not the incident that was asked for", repeatable=repeatable)
        if incident.get("status") not in get_args(Status):
            raise broken_contract(_PROVIDER, "an incident without a known status", repeatable=repeatable)
        return incident


def _code_of(response: httpx.Response) -> str | None:
    error = json_object(response).get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return str(code) if isinstance(code, int) else None
