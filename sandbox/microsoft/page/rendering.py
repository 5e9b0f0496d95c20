"""Render the pages, and read the forms on them."""

import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fastapi import HTTPException, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, PackageLoader, select_autoescape

from sandbox.company import Company, Person
from sandbox.microsoft import errors
from sandbox.microsoft.access_policy import Organizer
from sandbox.microsoft.answers import way_back_with_error
from sandbox.microsoft.consent import Consent
from sandbox.microsoft.errors import EntraError

STATIC = Path(__file__).parent / "static"
_CHOOSE = ("prompt", "select_account")
_POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"
"""No scripts. No ``form-action``: a form is answered by a redirect to the application, which may send the
browser on to anybody, and Chromium holds the whole way against the form."""


class Pages:
    """Every page; ``signed_in`` is who uses the browser that asks."""

    def __init__(self, company: Company, consent: Consent) -> None:
        self._consent = consent
        self._application = company.bot_name
        self._headers = {
            "Content-Security-Policy": _POLICY,
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
        }
        self._templates = Environment(
            loader=PackageLoader("sandbox.microsoft.page"), autoescape=select_autoescape(), trim_blocks=True
        )
        self._templates.filters |= {
            "hue": lambda key: zlib.crc32(key.encode()) % 360,
            "initials": lambda name: "".join(word[0] for word in name.split()[:2]),
        }
        self._templates.globals |= {"company": company, "application": company.bot_name}

    def home(
        self,
        request: Request,
        signed_in: Person | None,
        *,
        is_admin: bool,
        organizers: Sequence[Organizer] | None,
    ) -> Response:
        """Who is signed in, and what the tenant allows the app; an admin can change it.

        ``organizers`` is None where Teams does not answer.
        """
        return self._show(
            "home.html",
            request,
            signed_in,
            requested=self._consent.requested,
            granted=frozenset(self._consent.granted),
            is_admin=is_admin,
            organizers=organizers,
        )

    def signed_out(self, request: Request) -> Response:
        """Nobody is signed in any more."""
        return self._show("signed_out.html", request, None)

    def sign_in(self, request: Request, signed_in: Person | None) -> Response:
        """Choose an account; the form goes back to the same address."""
        return self._show("sign_in.html", request, signed_in)

    def consent(self, request: Request, signed_in: Person) -> Response:
        """Accept or cancel what the registration asks for."""
        return self._show("consent.html", request, signed_in, requested=self._consent.requested)

    def own_consent(self, request: Request, signed_in: Person, scope: Iterable[str]) -> Response:
        """Accept or cancel, for oneself, what a sign-in asks for."""
        return self._show("own_consent.html", request, signed_in, scope=tuple(scope))

    def need_approval(self, request: Request, signed_in: Person, *, way_back: str | None = None) -> Response:
        """Only an admin gets further; the application hears of it by the way back, a redirect URI."""
        link = None
        if way_back is not None:
            error = errors.admin_must_consent(self._application)
            link = way_back_with_error(way_back, error, request.query_params.get("state"))
        return self._show("need_approval.html", request, signed_in, way_back=link)

    def refused(self, request: Request, error: EntraError, signed_in: Person | None = None) -> Response:
        """A refusal that stays here."""
        page = self._show("refused.html", request, signed_in, error=error)
        page.status_code = 400
        return page

    def _show(self, template: str, request: Request, signed_in: Person | None, **values: Any) -> Response:
        text = self._templates.get_template(template).render(
            signed_in=signed_in, choose_another=_address(request, [*_query(request), _CHOOSE]), **values
        )
        return HTMLResponse(text, headers=self._headers)


async def form_of(request: Request) -> dict[str, str]:
    """The fields of the form that was sent."""
    return dict(parse_qsl((await request.body()).decode(errors="replace")))


async def chosen_person(request: Request, company: Company) -> Person:
    """The person whose account was chosen on the page; raises 400 for nobody's."""
    key = (await form_of(request)).get("person", "")
    person = next((one for one in company.people if one.aad_object_id == key), None)
    if person is None:
        raise HTTPException(400, "there is no such account")
    return person


def address_without_prompt(request: Request) -> str:
    """The address of this request, which asks for no prompt any more."""
    return _address(request, _query(request))


def _query(request: Request) -> list[tuple[str, str]]:
    return [(name, value) for name, value in request.query_params.multi_items() if name != "prompt"]


def _address(request: Request, query: list[tuple[str, str]]) -> str:
    return f"{request.url.path}?{urlencode(query)}"
