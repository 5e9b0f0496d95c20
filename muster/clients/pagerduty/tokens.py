"""The app's own PagerDuty tokens (client credentials), one per account, for reads in the background."""

from collections.abc import Mapping

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from muster.clients.expiring import Expiring, ExpiringCache
from muster.clients.http import broken_contract, exchange, json_object, refusal
from muster.config_file import PagerDutyAccount
from workflows.errors import CredentialRejected, Forbidden, RequestInvalid

NEEDED = ("incidents.read",)
"""All that reading an incident and its alerts asks for (REST schema, *Scoped OAuth requires*)."""
SCOPES = (*NEEDED, "incident_types.read", "users.read")
"""What is asked for. A registration without the others reads incidents all the same."""

_PROVIDER = "PagerDuty's token endpoint"
_WITHIN = 5.0


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    access_token: str
    expires_in: float
    scope: str = ""


def app_tokens(pool: httpx.AsyncClient, accounts: Mapping[str, PagerDutyAccount]) -> ExpiringCache[str, str]:
    """Tokens by account key, kept for the process.

    Fetching raises ``CredentialRejected``, ``Forbidden`` (scopes not granted), ``ProviderUnavailable``,
    ``RateLimited``, or ``RequestInvalid`` for an account that is not configured.
    """

    async def fetch(key: str) -> Expiring[str]:
        if key not in accounts:
            raise RequestInvalid("there is no PagerDuty account of this name in the configuration")
        return await _fetch(pool, accounts[key])

    return ExpiringCache(fetch)


async def _fetch(pool: httpx.AsyncClient, account: PagerDutyAccount) -> Expiring[str]:
    request = pool.build_request(
        "POST",
        f"{account.identity_url.rstrip('/')}/oauth/token",
        data={
            "grant_type": "client_credentials",
            "client_id": account.client_id,
            "client_secret": account.client_secret.get_secret_value(),
            "scope": " ".join((f"as_account-{account.region}.{account.subdomain}", *SCOPES)),
        },
    )
    response = await exchange(pool, request, provider=_PROVIDER, within=_WITHIN, repeatable=True)
    if not response.is_success:
        error = json_object(response).get("error")
        raise refusal(
            response,
            provider=_PROVIDER,
            repeatable=True,
            code=error if isinstance(error, str) else None,
            by_code={"invalid_client": CredentialRejected, "unauthorized_client": CredentialRejected},
        )
    try:
        answer = _Answer.model_validate_json(response.content)
    except ValidationError:
        # Not chained: pydantic's text would quote the answer, and the answer holds a token.
        raise broken_contract(_PROVIDER, "no token and lifetime in its answer", repeatable=True) from None
    # A scope that the app does not have is left out without an error (OAuth functionality guide).
    missing = sorted(set(NEEDED) - set(answer.scope.split()))
    if missing:
        raise Forbidden(
            f"the PagerDuty app lacks the scopes {', '.join(missing)}: grant them to its registration"
        )
    return Expiring(answer.access_token, answer.expires_in)
