"""PagerDuty's REST API, as far as cards, their buttons and authorization need it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any, NamedTuple, get_args
from urllib.parse import quote

import httpx

from muster.clients.http import broken_contract, date_of, exchange, json_object, refusal
from muster.config_file import PagerDutyAccount
from muster.values import identifier, one_line, written
from workflows.errors import (
    Conflict,
    CredentialRejected,
    Forbidden,
    NotFound,
    OutcomeUnknown,
    OutsideError,
    RateLimited,
    RequestInvalid,
)
from workflows.incident.values import Status

OPEN: tuple[Status, ...] = ("triggered", "acknowledged")
"""Statuses of an incident that is not over."""

INTERACTIVE = 2.0
"""Seconds for a call that somebody's click waits for."""
BACKGROUND = 10.0
"""Seconds for every other call."""

LARGEST_PAGE = 100
"""Entries of a list at once (REST schema, ``offset_limit``)."""

IDENTITY_METADATA = "/global/oauth/anonymous/.well-known/openid-configuration"
"""Path of the identity host's discovery document."""

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
    "1003": RequestInvalid,  # no such status
    "1004": RequestInvalid,  # no such id
    "1005": Conflict,  # changed since it was read
    "1006": RequestInvalid,  # cannot be escalated
    "1007": RequestInvalid,  # an assignee is unknown
    "1008": RequestInvalid,  # the requester is unknown
    "1011": RequestInvalid,  # cannot be reassigned
    "1012": RequestInvalid,  # not acknowledged
    "1013": RequestInvalid,  # no such time to snooze
    "1014": RequestInvalid,  # no escalation policy
    "1015": RequestInvalid,  # nobody is on call
    "1018": Forbidden,  # the requester may not do this to this incident
    "1019": RequestInvalid,  # merged already
    "1020": RequestInvalid,  # no such priority
    "2001": RequestInvalid,  # arguments
    "2002": RequestInvalid,
    "2003": RequestInvalid,
    "2006": CredentialRejected,
    "2010": Forbidden,  # access denied
    "2014": RequestInvalid,  # the account's plan does not have it
    "2016": OutcomeUnknown,  # it took too long: whether it was done is not said
    "2018": Forbidden,  # the user lost access to the account
    "2019": RequestInvalid,  # a limit of the product
    "2020": RateLimited,
    "2100": NotFound,
    "5001": NotFound,
}
"""PagerDuty's numbers (source: its REST API's error documentation). Others are classed by their status."""
_ALREADY = frozenset({"1001", "1002"})
_ALREADY_SO = re.compile(r"\balready\s+(?:been\s+)?(?:resolved|acknowledged)\b", re.IGNORECASE)
"""What PagerDuty writes under 2001 as well: *Incident Already Resolved*."""
_REFUSES = frozenset({400, 409, 422})
_NUMBER = re.compile(r"[0-9]{1,6}")
_EMAIL = re.compile(r"[!-~]+@[!-~]+")
_SAYS_LIMIT = 200
"""Most bytes of PagerDuty's words for a refusal."""
_MOST_ERRORS = 5
_NAMES_OF_TEXTS = ("message", "detail", "title")


class OpenPage(NamedTuple):
    """A page of a service's open incidents."""

    ids: tuple[str, ...]
    """Newest first."""
    more: bool
    """There are others after them."""


def is_already_so(error: OutsideError) -> bool:
    """Whether PagerDuty refused a status because the incident has it, by its number or by its words."""
    if not isinstance(error, Conflict):
        return False
    return error.code in _ALREADY or bool(_ALREADY_SO.search(error.says or ""))


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
        from_email: str | None = None,
        within: float = INTERACTIVE,
    ) -> dict[str, Any]:
        """Set the status as the token's person and return the incident as it is then.

        PagerDuty *reopens* a resolved incident that is told ``acknowledged``: read it first. An answer
        that got lost is ``OutcomeUnknown``; a ``Conflict`` that ``is_already_so`` means that the incident
        had that status already. PagerDuty knows the person by their token: ``from_email`` is sent along
        where a header can carry it.
        """
        change = {"incident": {"type": "incident_reference", "status": status}}
        request = self._request(
            account, "PUT", ("incidents", incident_id), token, headers=_from(from_email), json=change
        )
        return await self._incident(request, incident_id, within=within, repeatable=False)

    async def set_bridge(
        self,
        account: PagerDutyAccount,
        incident_id: str,
        *,
        url: str,
        number: str,
        token: str,
        from_email: str | None = None,
        within: float = INTERACTIVE,
    ) -> None:
        """Give the incident's conference bridge this address and number, as the token's person.

        What the bridge had is overwritten: read it first. Asks for ``incidents.write``.
        """
        bridge = {"conference_url": url} | ({"conference_number": number} if number else {})
        change = {"incident": {"type": "incident_reference", "conference_bridge": bridge}}
        request = self._request(
            account, "PUT", ("incidents", incident_id), token, headers=_from(from_email), json=change
        )
        await self._incident(request, incident_id, within=within, repeatable=False)

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

    async def list_notes(
        self, account: PagerDutyAccount, incident_id: str, *, token: str, within: float = BACKGROUND
    ) -> list[Any]:
        """All notes of the incident, as the REST API lists them, in no promised order."""
        request = self._request(account, "GET", ("incidents", incident_id, "notes"), token)
        return _list_in(await self._answer(request, within=within, repeatable=True), "notes")

    async def add_note(
        self,
        account: PagerDutyAccount,
        incident_id: str,
        text: str,
        *,
        token: str,
        from_email: str,
        within: float = BACKGROUND,
    ) -> None:
        """Write a note as the token's person; asks for ``incidents.write``."""
        request = self._request(
            account,
            "POST",
            ("incidents", incident_id, "notes"),
            token,
            headers=_from(from_email),
            json={"note": {"content": text}},
        )
        await self._answer(request, within=within, repeatable=False)

    async def get_incident_by_number(
        self, account: PagerDutyAccount, number: int, *, token: str, within: float = INTERACTIVE
    ) -> dict[str, Any]:
        """The incident of this number, as the REST API shows it; asks for ``incidents.read``.

        Raises ``NotFound`` also where the token's person may not see it.
        """
        request = self._request(account, "GET", ("incidents", str(number)), token)
        return await self._one(request, "incident", number, called="incident_number", within=within)

    async def list_newest_incidents(
        self,
        account: PagerDutyAccount,
        statuses: Sequence[Status],
        *,
        token: str,
        of_all_time: bool,
        within: float = INTERACTIVE,
    ) -> list[dict[str, Any]]:
        """The newest incidents in one of the ``statuses``, as the REST API lists them; at most 100.

        Asks for ``incidents.read``; PagerDuty lists what the token's person may see. Without ``of_all_time``
        those that were created in the last month.
        """
        params = {"statuses[]": list(statuses), "limit": LARGEST_PAGE}
        if of_all_time:
            params["date_range"] = "all"
        incidents, _ = await self._newest_incidents(account, params, token=token, within=within)
        return incidents

    async def list_open_incidents(
        self,
        account: PagerDutyAccount,
        service_id: str,
        *,
        token: str,
        most: int,
        offset: int = 0,
        within: float = BACKGROUND,
    ) -> OpenPage:
        """The ``most`` newest of a service's open incidents, after the first ``offset``; at most 100.

        Asks for ``incidents.read``. Without ``date_range=all`` PagerDuty tells those of the last month alone.
        """
        params = {
            "statuses[]": list(OPEN),
            "service_ids[]": [service_id],
            "date_range": "all",
            "limit": most,
            "offset": offset,
        }
        incidents, more = await self._newest_incidents(account, params, token=token, within=within)
        ids = (one.get("id") for one in incidents if one.get("status") in OPEN)
        return OpenPage(tuple(id for id in ids if isinstance(id, str) and id), more)

    async def _newest_incidents(
        self, account: PagerDutyAccount, params: Mapping[str, Any], *, token: str, within: float
    ) -> tuple[list[dict[str, Any]], bool]:
        """A page of incidents, the newest first, and whether others follow."""
        request = self._request(
            account, "GET", ("incidents",), token, params={**params, "sort_by": "created_at:desc"}
        )
        answer = await self._answer(request, within=within, repeatable=True)
        incidents = _list_in(answer, "incidents")
        return [one for one in incidents if isinstance(one, dict)], answer.get("more") is True

    async def list_incident_types(
        self, account: PagerDutyAccount, *, token: str, within: float = BACKGROUND
    ) -> dict[str, Any]:
        """The account's incident types, as the REST API lists them; asks for ``incident_types.read``."""
        request = self._request(account, "GET", ("incidents", "types"), token)
        return await self._answer(request, within=within, repeatable=True)

    async def get_user(
        self, account: PagerDutyAccount, user_id: str, *, token: str, within: float = BACKGROUND
    ) -> dict[str, Any]:
        """A person's user, as the REST API shows it; asks for ``users.read``."""
        request = self._request(account, "GET", ("users", user_id), token)
        return await self._one(request, "user", user_id, within=within)

    async def get_service(
        self, account: PagerDutyAccount, service_id: str, *, token: str, within: float = BACKGROUND
    ) -> dict[str, Any]:
        """A service, as the REST API shows it; asks for ``services.read``.

        Raises ``NotFound`` also where the token's person may not see it.
        """
        request = self._request(account, "GET", ("services", service_id), token)
        return await self._one(request, "service", service_id, within=within)

    async def list_team_members(
        self,
        account: PagerDutyAccount,
        team_id: str,
        *,
        token: str,
        offset: int = 0,
        within: float = BACKGROUND,
    ) -> dict[str, Any]:
        """A page of a team's members, as the REST API lists them; asks for ``teams.read``.

        ``more`` says whether another page follows.
        """
        request = self._request(
            account,
            "GET",
            ("teams", team_id, "members"),
            token,
            params={"limit": LARGEST_PAGE, "offset": offset},
        )
        page = await self._answer(request, within=within, repeatable=True)
        _list_in(page, "members")
        return page

    async def list_user_ids(
        self, account: PagerDutyAccount, *, token: str, most: int, within: float = BACKGROUND
    ) -> tuple[str, ...]:
        """The ids of the account's first users; asks for ``users.read``."""
        request = self._request(account, "GET", ("users",), token, params={"limit": most})
        users = _list_in(await self._answer(request, within=within, repeatable=True), "users")
        ids = (user.get("id") for user in users if isinstance(user, dict))
        return tuple(id for id in ids if isinstance(id, str) and id)

    async def find_user(
        self, account: PagerDutyAccount, email: str, *, token: str, within: float = BACKGROUND
    ) -> tuple[str, str] | None:
        """Id and e-mail of the user with this e-mail, in any case; ``None`` where there is none.

        Asks for ``users.read``. PagerDuty lists whose name or e-mail contains the text.
        """
        params = {"query": email, "limit": LARGEST_PAGE}
        request = self._request(account, "GET", ("users",), token, params=params)
        users = _list_in(await self._answer(request, within=within, repeatable=True), "users")
        for user in users:
            known = written(user.get("email")) if isinstance(user, dict) else ""
            if known.casefold() == email.casefold() and (id := identifier(user.get("id"))):
                return id, known
        return None

    async def get_time(self, account: PagerDutyAccount, *, within: float = BACKGROUND) -> datetime:
        """PagerDuty's time, by which tokens die: the ``Date`` of its identity host, to the second.

        It needs no token. Our own clock where an answer does not tell.
        """
        url = account.identity_url.rstrip("/") + IDENTITY_METADATA
        response = await exchange(
            self._pool,
            self._pool.build_request("GET", url),
            provider="PagerDuty's identity host",
            within=within,
            repeatable=True,
        )
        if not response.is_success:
            raise refusal_of_answer(response, repeatable=True)
        return date_of(response.headers.get("date", "")) or datetime.now(UTC)

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
            raise refusal_of_answer(response, repeatable=repeatable)
        return json_object(response)

    async def _one(
        self,
        request: httpx.Request,
        kind: str,
        wanted: str | int,
        *,
        called: str = "id",
        within: float,
        repeatable: bool = True,
    ) -> dict[str, Any]:
        """The one thing of an answer, which is the one that was asked for: ``called`` names what says so."""
        found = (await self._answer(request, within=within, repeatable=repeatable)).get(kind)
        if not isinstance(found, dict) or found.get(called) != wanted:
            raise broken_contract(_PROVIDER, f"not the {kind} that was asked for", repeatable=repeatable)
        return found

    async def _incident(
        self, request: httpx.Request, incident_id: str, *, within: float, repeatable: bool
    ) -> dict[str, Any]:
        incident = await self._one(request, "incident", incident_id, within=within, repeatable=repeatable)
        if incident.get("status") not in get_args(Status):
            raise broken_contract(_PROVIDER, "an incident without a known status", repeatable=repeatable)
        return incident


def _from(email: str | None) -> dict[str, str]:
    """Who changes something, where the address can stand in a header."""
    return {"From": email} if email and _EMAIL.fullmatch(email) else {}


def _list_in(answer: Mapping[str, Any], name: str) -> list[Any]:
    """The list of this name in an answer that was read; raises where there is none."""
    found = answer.get(name)
    if not isinstance(found, list):
        raise broken_contract(_PROVIDER, f"an answer without a list of {name}", repeatable=True)
    return found


def refusal_of_answer(response: httpx.Response, *, repeatable: bool) -> OutsideError:
    """The error for an answer of the REST API that says no success."""
    body = json_object(response)
    error = body.get("error")
    told = error if isinstance(error, Mapping) else {"message": error} | body
    number = written(told.get("code"))
    code = number if _NUMBER.fullmatch(number) else None
    says = _words_of(told)
    if response.status_code in _REFUSES and _ALREADY_SO.search(says or ""):
        return Conflict(f"{_PROVIDER} answered {response.status_code}", code=code, says=says)
    return refusal(
        response, provider=_PROVIDER, repeatable=repeatable, code=code, by_code=_BY_CODE, says=says
    )


def _words_of(error: Mapping[str, Any]) -> str | None:
    """What PagerDuty says of its refusal: its ``errors``, which are exact, else its ``message``."""
    exact = _joined(error.get("errors"))
    return exact or _joined(error.get("message")) or None


def _joined(told: Any) -> str:
    said = (one_line(text, _SAYS_LIMIT) for text in _texts_in(told))
    return one_line("; ".join(filter(None, islice(said, _MOST_ERRORS))), _SAYS_LIMIT)


def _texts_in(told: Any) -> Iterator[Any]:
    """The texts of an error, whatever PagerDuty wraps them in: a list, an object with a message, both."""
    match told:
        case list():
            for one in told:
                yield from _texts_in(one)
        case Mapping():
            named = [told[name] for name in _NAMES_OF_TEXTS if told.get(name)]
            for one in named[:1] or told.values():
                yield from _texts_in(one)
        case _:
            yield told
