"""Webhook subscriptions in PagerDuty: list, create, read, change, enable, ping, delete.

A creation's answer is the only place of the signing secret (*delivery_method.secret* in the REST schema).
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx

from muster.clients.http import broken_contract, exchange, json_object
from muster.clients.pagerduty.rest import BACKGROUND, refusal_of_answer
from muster.config_file import PagerDutyAccount
from workflows.errors import NotFound, RequestInvalid

MOST_OF_AN_ACCOUNT = 10
"""PagerDuty's limit, for the account as for each service and team."""
_LIMIT_REACHED = "2019"
_PROVIDER = "PagerDuty"
_PATH = "webhook_subscriptions"
_PAGE = 100
_MOST_PAGES = 50


class Listed(NamedTuple):
    """A subscription as PagerDuty lists it, without its secret."""

    id: str
    description: str
    url: str


_WHOLE_ACCOUNT = "account_reference"


class Standing(NamedTuple):
    """Whether PagerDuty sends a subscription's events, and which."""

    is_active: bool
    """False: somebody switched it off."""
    is_disabled: bool
    """PagerDuty keeps it silent for a day, after three refused events (*temporarily_disabled*)."""
    events: frozenset[str]
    """The types that are sent."""
    is_of_account: bool
    """False: only events of one service or one team are sent."""


class Created(NamedTuple):
    """A new subscription; the secret is told nowhere else."""

    id: str
    secret: str

    def __repr__(self) -> str:
        return f"Created(id={self.id!r})"


class SubscriptionClient:
    """One call per method and page, never repeated here.

    ``token`` is the account's own, with the scopes of ``app_scopes.SUBSCRIPTION``. The methods raise
    ``OutsideError``s that keep PagerDuty's error number as ``code``: ``Forbidden`` 2010 where the token may
    not, ``RequestInvalid`` 2019 where there are ten already.
    """

    def __init__(self, pool: httpx.AsyncClient) -> None:
        self._pool = pool

    async def list_all(
        self, account: PagerDutyAccount, *, token: str, within: float = BACKGROUND
    ) -> tuple[Listed, ...]:
        """Every subscription of the account, whoever made it; ``within`` seconds a page."""
        found: dict[str, Listed] = {}
        for page in range(_MOST_PAGES):
            answer = await self._call(
                account,
                "GET",
                (),
                token,
                within=within,
                repeatable=True,
                params={"limit": _PAGE, "offset": page * _PAGE},
            )
            rows = answer.get("webhook_subscriptions")
            if not isinstance(rows, list):
                raise broken_contract(_PROVIDER, "an answer without a list of subscriptions", repeatable=True)
            found |= {listed.id: listed for row in rows if (listed := _listed(row)) is not None}
            if answer.get("more") is not True:
                return tuple(found.values())
        raise broken_contract(_PROVIDER, "a list of subscriptions without an end", repeatable=True)

    async def create(
        self,
        account: PagerDutyAccount,
        *,
        token: str,
        url: str,
        description: str,
        events: Sequence[str],
        within: float = BACKGROUND,
    ) -> Created:
        """Subscribe to events of the whole account; ``OutcomeUnknown`` where the answer was lost."""
        wanted = {
            "type": "webhook_subscription",
            "active": True,
            "description": description,
            "events": list(events),
            "filter": {"type": _WHOLE_ACCOUNT},
            "delivery_method": {"type": "http_delivery_method", "url": url},
        }
        try:
            answer = await self._call(
                account,
                "POST",
                (),
                token,
                within=within,
                repeatable=False,
                json={"webhook_subscription": wanted},
            )
        except RequestInvalid as error:
            if error.code != _LIMIT_REACHED:
                raise
            raise RequestInvalid(
                f"PagerDuty allows {MOST_OF_AN_ACCOUNT} webhook subscriptions for an account, and there"
                " are so many: delete one",
                code=error.code,
                says=error.says,
            ) from None
        created = answer.get("webhook_subscription")
        method = created.get("delivery_method") if isinstance(created, Mapping) else None
        secret = method.get("secret") if isinstance(method, Mapping) else None
        id = created.get("id") if isinstance(created, Mapping) else None
        if not (isinstance(id, str) and id and isinstance(secret, str) and secret):
            raise broken_contract(_PROVIDER, "a new subscription without id and secret", repeatable=False)
        return Created(id, secret)

    async def read(
        self, account: PagerDutyAccount, id: str, *, token: str, within: float = BACKGROUND
    ) -> Standing | None:
        """How a subscription stands; ``None``: PagerDuty does not have it."""
        try:
            answer = await self._call(account, "GET", (id,), token, within=within, repeatable=True)
        except NotFound as error:
            if error.code is None:  # a proxy's 404 says nothing of PagerDuty
                raise
            return None
        found = answer.get("webhook_subscription")
        if not isinstance(found, Mapping):
            raise broken_contract(_PROVIDER, "an answer without a subscription", repeatable=True)
        method = found.get("delivery_method")
        disabled = method.get("temporarily_disabled") if isinstance(method, Mapping) else None
        events, wanted = found.get("events"), found.get("filter")
        return Standing(
            is_active=found.get("active") is not False,
            is_disabled=disabled is True,
            events=frozenset(map(str, events)) if isinstance(events, list) else frozenset(),
            is_of_account=isinstance(wanted, Mapping) and wanted.get("type") == _WHOLE_ACCOUNT,
        )

    async def activate(
        self, account: PagerDutyAccount, id: str, *, token: str, within: float = BACKGROUND
    ) -> None:
        """Switch a subscription on."""
        await self._change(account, id, token, within, active=True)

    async def widen(
        self,
        account: PagerDutyAccount,
        id: str,
        *,
        token: str,
        events: Sequence[str],
        within: float = BACKGROUND,
    ) -> None:
        """Have a subscription send these events, and those of the whole account."""
        await self._change(account, id, token, within, events=list(events), filter={"type": _WHOLE_ACCOUNT})

    async def enable(
        self, account: PagerDutyAccount, id: str, *, token: str, within: float = BACKGROUND
    ) -> None:
        """End PagerDuty's silence before its day is over."""
        await self._call(account, "POST", (id, "enable"), token, within=within, repeatable=True)

    async def ping(
        self, account: PagerDutyAccount, id: str, *, token: str, within: float = BACKGROUND
    ) -> None:
        """Have PagerDuty send the event ``pagey.ping``."""
        await self._call(account, "POST", (id, "ping"), token, within=within, repeatable=True)

    async def delete(
        self, account: PagerDutyAccount, id: str, *, token: str, within: float = BACKGROUND
    ) -> None:
        """Delete a subscription; one that is not there is deleted already."""
        try:
            await self._call(account, "DELETE", (id,), token, within=within, repeatable=True)
        except NotFound as error:
            if error.code is None:  # a proxy's 404 says nothing of PagerDuty
                raise

    async def _change(
        self, account: PagerDutyAccount, id: str, token: str, within: float, **changes: Any
    ) -> None:
        await self._call(
            account,
            "PUT",
            (id,),
            token,
            within=within,
            repeatable=True,
            json={"webhook_subscription": changes},
        )

    async def _call(
        self,
        account: PagerDutyAccount,
        method: str,
        path: Sequence[str],
        token: str,
        *,
        within: float,
        repeatable: bool,
        **content: Any,
    ) -> dict[str, Any]:
        request = self._pool.build_request(
            method,
            "/".join((account.api_url.rstrip("/"), _PATH, *(quote(part, safe="") for part in path))),
            headers={
                "Accept": "application/vnd.pagerduty+json;version=2",
                "Content-Type": "application/json",
                "Authorization": f"Bearer {token}",
            },
            **content,
        )
        response = await exchange(
            self._pool, request, provider=_PROVIDER, within=within, repeatable=repeatable
        )
        if not response.is_success:
            raise refusal_of_answer(response, repeatable=repeatable)
        return json_object(response)


def _listed(row: Any) -> Listed | None:
    """``None``: a row that cannot be read is none of ours."""
    if not isinstance(row, Mapping) or not isinstance(row.get("id"), str) or not row["id"]:
        return None
    method = row.get("delivery_method")
    url = method.get("url") if isinstance(method, Mapping) else None
    return Listed(row["id"], str(row.get("description") or ""), url if isinstance(url, str) else "")
