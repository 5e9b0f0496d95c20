"""``POST /oauth/token``: tokens for the account's app, and for people who allowed it."""

import asyncio
from collections.abc import Mapping
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from sandbox.pagerduty.directory import JSON
from sandbox.pagerduty.fault_answers import fault_answer
from sandbox.pagerduty.identity.delegations import ACCESS_LIFE, GrantRefused, Issued
from sandbox.pagerduty.identity.model import AccessToken
from sandbox.pagerduty.ids import new_access_token
from sandbox.pagerduty.rest.dependencies import Account
from sandbox.pagerduty.simulator import Simulator
from sandbox.serving import LostAnswer

_NEEDED: Mapping[str, tuple[str, ...]] = {
    "client_credentials": ("client_id", "client_secret"),
    "authorization_code": ("client_id", "client_secret", "redirect_uri", "code", "code_verifier"),
    "refresh_token": ("client_id", "client_secret", "refresh_token"),
}
"""The parameters of each grant beside its type; a Scoped OAuth client sends secret *and* verifier."""

router = APIRouter()


class TokenRefused(Exception):
    """An error of RFC 6749, 5.2."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(error)
        self.status = status
        self.body = {"error": error, "error_description": description}


@router.post("/oauth/token")
async def token(account: Account, request: Request) -> Response:
    """Answer a grant; the body is form-encoded. The call is recorded from its arrival on."""
    calls = account.identity.token_calls
    try:
        form = await _form(request)
    except TokenRefused as refused:
        calls.update(calls.begin(None, None, None), status=refused.status, error=refused.body["error"])
        return _shown(refused.body, refused.status)
    fault = account.faults.take("token", {"grant_type": form.get("grant_type")})
    does = fault.do if fault is not None else None
    # An unknown type could be a secret in the wrong place.
    kind = form["grant_type"] if form.get("grant_type") in _NEEDED else None
    user = account.identity.delegations.user_of(
        code=form.get("code"), refresh_token=form.get("refresh_token")
    )
    key = calls.begin(kind, user, does)
    if fault is not None and does == "slow":
        await asyncio.sleep(fault.seconds)
    answer = _answer(account, form, key) if does != "status" else Response()
    if fault is not None and does in ("status", "status_after"):
        answer = fault_answer(fault)
    calls.update(key, status=answer.status_code)
    return LostAnswer() if does == "lose_answer" else answer


def _answer(account: Simulator, form: dict[str, str], key: str) -> Response:
    calls = account.identity.token_calls
    try:
        answer = _granted(account, form)
    except TokenRefused as refused:
        calls.update(key, error=refused.body["error"])
        return _shown(refused.body, refused.status)
    except GrantRefused as refused:
        calls.update(key, error="invalid_grant")
        return _shown({"error": "invalid_grant", "error_description": str(refused)}, 400)
    calls.update(key, issued=True)
    return _shown(answer)


def _shown(answer: JSON, status: int = 200) -> Response:
    return JSONResponse(answer, status_code=status, headers={"Cache-Control": "no-store"})


async def _form(request: Request) -> dict[str, str]:
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise TokenRefused("invalid_request", "The body must be application/x-www-form-urlencoded")
    fields = parse_qsl((await request.body()).decode(errors="replace"))
    form = dict(fields)
    if len(form) < len(fields):
        raise TokenRefused("invalid_request", "A parameter comes twice")
    return form


def _granted(account: Simulator, form: dict[str, str]) -> JSON:
    kind = form.get("grant_type")
    if kind is None:
        raise TokenRefused("invalid_request", "grant_type is missing")
    if kind not in _NEEDED:
        raise TokenRefused("unsupported_grant_type", f"Supported are {', '.join(_NEEDED)}")
    registration = account.identity.registration
    if not registration.knows(form.get("client_id", ""), form.get("client_secret", "")):
        raise TokenRefused("invalid_client", "Client authentication failed", 401)
    missing = next((name for name in _NEEDED[kind] if name not in form), None)
    if missing is not None:
        raise TokenRefused("invalid_request", f"{missing} is missing")
    match kind:
        case "authorization_code":
            issued, session = account.identity.delegations.exchange(
                form["code"], redirect_uri=form["redirect_uri"], verifier=form["code_verifier"]
            )
            return _of_a_user(issued) | {"id_token": account.identity.id_tokens.sign(issued, session)}
        case "refresh_token":
            return _of_a_user(account.identity.delegations.refresh(form["refresh_token"]))
        case _:
            return _of_the_app(account, form.get("scope", "").split())


def _of_a_user(issued: Issued) -> JSON:
    """The answer with a user's tokens; the documented answer to a refresh has no ID token."""
    return {
        "access_token": issued.access_token,
        "refresh_token": issued.refresh_token,
        "token_type": "bearer",
        "scope": " ".join(issued.delegation.scopes),
        "expires_in": int(issued.lifetime.total_seconds()),
    }


def _of_the_app(account: Simulator, asked: list[str]) -> JSON:
    """The answer with an app token, which has no refresh token."""
    registration = account.identity.registration
    if registration.account_scope not in asked:
        raise TokenRefused("invalid_scope", f"The scope must contain {registration.account_scope}")
    scopes = (registration.account_scope, *registration.granted(asked))
    access_token = new_access_token()
    account.store.state.access_tokens[access_token] = AccessToken(
        expires_at=account.clock.now() + ACCESS_LIFE, scopes=scopes
    )
    account.store.changed()
    return {
        "access_token": access_token,
        "token_type": "bearer",
        "scope": " ".join(scopes),
        "expires_in": int(ACCESS_LIFE.total_seconds()),
    }
