"""Pages of links: drawn without a script, with headers that keep them to themselves."""

import base64
import hashlib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.links.flows import Outcome, Result
from api.links.own_page import origin_of
from muster.cards.link_pages import (
    CONSENTED,
    FAILED,
    INVALID,
    NOT_CONSENTED,
    REASONS,
    TRY_AGAIN,
    Invitation,
    connected,
)

_STYLE = files("api.links").joinpath("templates", "page.css").read_text()
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_STATUS: Mapping[Outcome, int] = {
    "connected": 200,
    "failed": 200,
    "unavailable": 503,
    "invalid": 410,
    "consented": 200,
    "not_consented": 200,
}
_TEXTS: Mapping[Outcome, str] = {
    "failed": FAILED,
    "unavailable": FAILED,
    "invalid": INVALID,
    "consented": CONSENTED,
    "not_consented": NOT_CONSENTED,
}
_templates = Environment(
    loader=PackageLoader("api.links"),
    autoescape=select_autoescape(default=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def invitation_page(invitation: Invitation, leads_to: str) -> Response:
    """The page of an open link, whose form may lead to the host of this address."""
    return _page("invitation.html", 200, f"'self' {origin_of(leads_to)}", invitation=invitation)


def result_page(result: Result, *, status: int | None = None, again: str | None = None) -> Response:
    """How it ended. ``again`` is where it can be tried again, if it can."""
    text = connected(result.team) if result.outcome == "connected" else _TEXTS[result.outcome]
    return _page(
        "result.html",
        status or _STATUS[result.outcome],
        "'self'",
        is_good=result.outcome in ("connected", "consented"),
        text=text,
        reason=TRY_AGAIN if result.outcome == "unavailable" else REASONS.get(result.reason or ""),
        again=again if result.outcome in ("failed", "unavailable") else None,
    )


def redirect(address: str) -> Response:
    """On to an address that is ours or the configuration's."""
    return RedirectResponse(address, status_code=303, headers=_PRIVATE | _policy("'self'"))


def _page(template: str, status: int, form_action: str, **content: Any) -> Response:
    text = _templates.get_template(template).render(style=_STYLE, **content)
    return HTMLResponse(text, status_code=status, headers=_PRIVATE | _policy(form_action))


def _policy(form_action: str) -> dict[str, str]:
    # A redirect that follows a form is a form's action too.
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action {form_action};"
            " frame-ancestors 'none'; base-uri 'none'"
        )
    }
