"""The pages of the identity host: sign in, allow or deny, sign out.

No page has a ``form-action`` of its own: the form that allows or denies is answered by a redirect to the app,
which browsers would stop.
"""

from collections import defaultdict
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from jinja2 import ChoiceLoader, Environment, PackageLoader, select_autoescape
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.pagerduty.identity.authorize_request import (
    AuthorizeRequest,
    RequestRefused,
    read_authorize_request,
)
from sandbox.pagerduty.identity.model import Session
from sandbox.pagerduty.identity.people import SESSION_COOKIE
from sandbox.pagerduty.identity.scope_texts import scope_text
from sandbox.pagerduty.page.rendering import MARK_FILTERS
from sandbox.pagerduty.rest.dependencies import Account
from sandbox.pagerduty.roles import ROLE_NAMES
from sandbox.pagerduty.simulator import Simulator

STATIC = Path(__file__).parent / "static"
_DENIAL = "The resource owner or authorization server denied the request."
_NOT_KEPT = {"Cache-Control": "no-store"}

router = APIRouter(prefix="/oauth")

_templates = Environment(
    loader=ChoiceLoader(
        [PackageLoader("sandbox.pagerduty.identity"), PackageLoader("sandbox.pagerduty.page")]
    ),
    autoescape=select_autoescape(),
    trim_blocks=True,
)
_templates.filters |= MARK_FILTERS | {"scope_text": scope_text, "role_name": ROLE_NAMES.__getitem__}


@router.get("/authorize")
async def authorize(account: Account, request: Request) -> Response:
    """Ask who it is, then whether the app may, and send the browser back with a code."""
    try:
        wanted = read_authorize_request(request.url.query, account.identity.registration)
    except RequestRefused as refused:
        return _refusal(account, str(refused))
    session = _session(account, request)
    if session is None:
        return _page(account, "sign_in.html", query=wanted.query)
    client = account.identity.registration.client_id
    if not account.identity.allowances.cover(session.user, client, wanted.scopes):
        me = account.directory.users[session.user]
        return _page(account, "consent.html", query=wanted.query, me=me, scopes=wanted.scopes)
    return _back_to_app(account, wanted, session)


@router.post("/authorize")
async def decide(account: Account, request: Request) -> Response:
    """Take the person's answer. The request is read anew: a form can be old, or somebody else's."""
    form = await _form(request)
    session = _session(account, request)
    if session is None:
        return _redirect(f"/oauth/authorize?{form['query']}")
    identity = account.identity
    try:
        wanted = read_authorize_request(form["query"], identity.registration)
    except RequestRefused as refused:
        return _refusal(account, str(refused))
    match form["decision"]:
        case "allow":
            identity.allowances.remember(session.user, identity.registration.client_id, wanted.scopes)
            return _back_to_app(account, wanted, session)
        case "deny":
            with_state = not account.store.state.deny_without_state
            return _redirect(
                wanted.answered(with_state=with_state, error="access_denied", error_description=_DENIAL)
            )
        case _:
            return _refusal(account, "The form says neither allow nor deny.")


@router.post("/sign_in")
async def sign_in(account: Account, request: Request) -> Response:
    """Sign in as one of the account's users, and go on with the request."""
    form = await _form(request)
    secret = account.identity.sessions.sign_in(form["user"])
    if secret is None:
        return _refusal(account, "There is no such user in this account.")
    answer = _redirect(f"/oauth/authorize?{form['query']}")
    answer.set_cookie(SESSION_COOKIE, secret, path="/oauth", httponly=True, samesite="lax")
    return answer


@router.get("/sign_out")
async def sign_out(account: Account, request: Request) -> Response:
    """Sign out; with the query of an authorization request, go on with it as somebody else."""
    account.identity.sessions.sign_out(request.cookies.get(SESSION_COOKIE))
    query = request.url.query
    answer = _redirect(f"/oauth/authorize?{query}") if query else _page(account, "signed_out.html")
    answer.delete_cookie(SESSION_COOKIE, path="/oauth", httponly=True, samesite="lax")
    return answer


def _back_to_app(account: Simulator, wanted: AuthorizeRequest, session: Session) -> Response:
    return _redirect(wanted.answered(code=account.identity.delegations.new_code(wanted, session)))


def _session(account: Simulator, request: Request) -> Session | None:
    return account.identity.sessions.of(request.cookies.get(SESSION_COOKIE))


async def _form(request: Request) -> defaultdict[str, str]:
    """The form's fields; a missing one is empty."""
    fields = parse_qsl((await request.body()).decode(errors="replace"), keep_blank_values=True)
    return defaultdict(str, fields)


def _redirect(url: str) -> Response:
    return RedirectResponse(url, status_code=303, headers=_NOT_KEPT)


def _refusal(account: Simulator, reason: str) -> Response:
    return _page(account, "refused.html", status=400, reason=reason)


def _page(account: Simulator, template: str, *, status: int = 200, **values: Any) -> Response:
    company = account.company
    content = _templates.get_template(template).render(
        account=company.account,
        app=company.bot_name,
        people=account.directory.active_users.values(),
        directory=account.directory,
        **values,
    )
    return HTMLResponse(content, status_code=status, headers=_NOT_KEPT)
