"""Pages of links: drawn without a script, with headers that keep them to themselves."""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.links.flows import LinkedNames, Outcome, Result, SignedIn
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
from muster.cards.personal_link_pages import (
    NOT_LINKED,
    SIGN_IN_AS_SOMEONE_ELSE,
    linked_text,
    other_person_text,
)

_STYLE = files("api.links").joinpath("templates", "page.css").read_text()
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_STATUS: Mapping[Outcome, int] = {"unavailable": 503, "invalid": 410}
"""Where it is not 200."""
_FORBIDDEN = frozenset({"other_tenant", "no_object_id", "account_left"})
"""Reasons of a refusal that trying again does not change: no page with one offers it."""
_GOOD: frozenset[Outcome] = frozenset({"connected", "consented", "linked"})
_TRIED_AGAIN: frozenset[Outcome] = frozenset({"failed", "unavailable", "refused"})
_TEXTS: Mapping[Outcome, str] = {
    "failed": FAILED,
    "unavailable": FAILED,
    "invalid": INVALID,
    "consented": CONSENTED,
    "not_consented": NOT_CONSENTED,
}
OTHER_ACCOUNT = "other"
"""What ``account`` is in the address of the button that signs in as somebody else."""
_templates = Environment(
    loader=PackageLoader("api.links"),
    autoescape=select_autoescape(default=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def invitation_page(invitation: Invitation, lead_to: Iterable[str]) -> Response:
    """The page of an open link, whose form may lead to the hosts of these addresses."""
    return _page("invitation.html", 200, lead_to, invitation=invitation)


def result_page(result: Result, *, status: int | None = None, again: str | None = None) -> Response:
    """How it ended. ``again`` is where it can be tried again, if it can."""
    other_account = f"{again}?account={OTHER_ACCOUNT}" if again and result.sign_in_hosts else None
    is_forbidden = result.reason in _FORBIDDEN
    is_tried_again = result.outcome in _TRIED_AGAIN and other_account is None and not is_forbidden
    return _page(
        "result.html",
        status or (403 if is_forbidden else _STATUS.get(result.outcome, 200)),
        result.sign_in_hosts,
        is_good=result.outcome in _GOOD,
        lines=_lines(result),
        reason=_reason(result),
        again=again if is_tried_again else None,
        other_account=other_account,
        other_account_label=SIGN_IN_AS_SOMEONE_ELSE,
    )


def _lines(result: Result) -> tuple[str, ...]:
    match result:
        case Result(outcome="connected"):
            return (connected(result.team),)
        case Result(outcome="linked", names=LinkedNames() as names):
            return linked_text(**names.model_dump())
        case Result(outcome="other_person", visitor=SignedIn() as visitor):
            return other_person_text(**visitor.model_dump())
        case Result(outcome="refused", reason=str(reason)):
            return tuple(NOT_LINKED[reason])
        case _:
            return (_TEXTS[result.outcome],)


def _reason(result: Result) -> str | None:
    """One line under the guide's own text."""
    if result.outcome == "unavailable":
        return TRY_AGAIN
    return REASONS.get(result.reason or "") if result.outcome == "failed" else None


def redirect(address: str) -> Response:
    """On to an address that is ours or the configuration's."""
    return RedirectResponse(address, status_code=303, headers=_PRIVATE | _policy(()))


def _page(template: str, status: int, lead_to: Iterable[str], **content: Any) -> Response:
    text = _templates.get_template(template).render(style=_STYLE, **content)
    return HTMLResponse(text, status_code=status, headers=_PRIVATE | _policy(lead_to))


def _policy(lead_to: Iterable[str]) -> dict[str, str]:
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action {_form_action(lead_to)};"
            " frame-ancestors 'none'; base-uri 'none'"
        )
    }


def _form_action(lead_to: Iterable[str]) -> str:
    """Chromium holds it against every redirect that follows a form, until a page is shown.

    An organization may sign its people in elsewhere: Entra goes on to its AD FS or another provider,
    PagerDuty to the account's own host or its SSO. Nobody knows these hosts beforehand, so that any https
    will do where the form leads to https. No script runs on our pages, and nobody else writes into them.
    """
    origins = tuple(dict.fromkeys(map(origin_of, lead_to)))
    anywhere = ("https:",) if any(origin.startswith("https:") for origin in origins) else ()
    return " ".join(("'self'", *origins, *anywhere))
