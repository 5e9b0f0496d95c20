"""What PagerDuty's token endpoint answers to a person's grant: their tokens, with the times of its clock."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, NamedTuple

import httpx
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from muster.clients.http import broken_contract, date_of, exchange, is_header_value
from muster.config_file import PagerDutyAccount
from muster.person_tokens import Tokens

PROVIDER = "PagerDuty's token endpoint"
WITHIN = 5.0
"""Seconds for an exchange for which somebody waits at a browser."""

_LONGEST_LIFE = 400 * 86400.0
"""Seconds; an authorization ends after a year."""
_END_OF_TIME = datetime(9000, 1, 1, tzinfo=UTC)


class Issued(NamedTuple):
    """Tokens, and who they are of where the answer says so: that to a refresh does not."""

    tokens: Tokens
    id_token: str


def _written(token: str) -> str:
    if not is_header_value(token):
        raise ValueError("no header can carry it")
    return token


Token = Annotated[str, Field(min_length=1), AfterValidator(_written)]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    access_token: Token
    refresh_token: Token | None = None
    expires_in: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    scope: str | None = None
    id_token: str | None = None


async def answer_to(
    pool: httpx.AsyncClient, account: PagerDutyAccount, grant: Mapping[str, Any], *, within: float = WITHIN
) -> httpx.Response:
    """What the token endpoint answers to the app's grant, whatever its status, in time.

    Raises ``ProviderUnavailable`` where no answer came: the grant may have been used up all the same.
    """
    request = pool.build_request(
        "POST",
        f"{account.identity_url.rstrip('/')}/oauth/token",
        data={
            "client_id": account.client_id,
            "client_secret": account.client_secret.get_secret_value(),
            **grant,
        },
    )
    # A lost answer leaves no change behind that anybody would have to look for.
    return await exchange(pool, request, provider=PROVIDER, within=within, repeatable=True)


def issued(
    response: httpx.Response, *, refresh_token: str | None = None, scopes: tuple[str, ...] = ()
) -> Issued:
    """The tokens of an answer that says success; raises ``ProviderUnavailable`` where it holds none.

    ``refresh_token`` and ``scopes`` are those of the grant, which stay where the answer names no others
    (RFC 6749, 5.1 and 6).
    """
    try:
        answer = _Answer.model_validate_json(response.content)
    except ValidationError:
        # Not chained: pydantic's text could quote the answer, and the answer holds tokens.
        raise broken_contract(PROVIDER, "no tokens in its answer", repeatable=True) from None
    kept = answer.refresh_token or refresh_token
    if kept is None:
        raise broken_contract(PROVIDER, "no refresh token in its answer", repeatable=True)
    at = _told_at(response)
    tokens = Tokens(
        access_token=answer.access_token,
        refresh_token=kept,
        scopes=scopes if answer.scope is None else tuple(answer.scope.split()),
        issued_at=at,
        expires_at=at + timedelta(seconds=min(answer.expires_in, _LONGEST_LIFE)),
    )
    return Issued(tokens, answer.id_token or "")


def _told_at(response: httpx.Response) -> datetime:
    """When PagerDuty answered, by its own clock where it tells a time that can be counted with."""
    told = date_of(response.headers.get("date", ""))
    return told if told is not None and told < _END_OF_TIME else datetime.now(UTC)
