"""The token endpoint of PagerDuty's identity host: app tokens for the account's Scoped OAuth client."""

import secrets
from datetime import timedelta
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from sandbox.pagerduty.ids import new_app_token
from sandbox.pagerduty.model import AppToken
from sandbox.pagerduty.rest.dependencies import Account
from sandbox.pagerduty.simulator import Simulator

LIFETIME = timedelta(days=1)

router = APIRouter()


@router.post("/oauth/token")
async def token(account: Account, request: Request) -> JSONResponse:
    """The client credentials grant; the body is form-encoded.

    Scopes that the client's registration lacks are left out of the token without an error, as in PagerDuty.
    """
    form = dict(parse_qsl((await request.body()).decode(errors="replace")))
    problem = _error_of(account, form)
    if problem is not None:
        status, error, description = problem
        return JSONResponse({"error": error, "error_description": description}, status_code=status)
    granted = [f"as_account-us.{account.company.account}"]
    granted += [scope for scope in form["scope"].split() if scope in account.company.client_scopes]
    access_token = new_app_token()
    account.store.state.app_tokens[access_token] = AppToken(
        expires_at=account.clock.now() + LIFETIME, scopes=tuple(granted)
    )
    account.store.changed()
    return JSONResponse(
        {
            "access_token": access_token,
            "token_type": "bearer",
            "scope": " ".join(granted),
            "expires_in": int(LIFETIME.total_seconds()),
        },
        headers={"Cache-Control": "no-store"},
    )


def _error_of(account: Simulator, form: dict[str, str]) -> tuple[int, str, str] | None:
    """The error as status, ``error`` and ``error_description`` of RFC 6749; None if the form is valid."""
    company = account.company
    if form.get("grant_type") != "client_credentials":
        return 400, "unsupported_grant_type", "Only client_credentials is supported"
    known_client = secrets.compare_digest(form.get("client_id", "").encode(), company.client_id.encode())
    known_secret = secrets.compare_digest(
        form.get("client_secret", "").encode(), company.client_secret.encode()
    )
    if not (known_client and known_secret):
        return 401, "invalid_client", "Client authentication failed"
    if f"as_account-us.{company.account}" not in form.get("scope", "").split():
        return 400, "invalid_scope", f"The scope must contain as_account-us.{company.account}"
    return None
