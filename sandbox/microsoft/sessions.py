"""Who is signed in, in which browser."""

import secrets

from starlette.requests import Request
from starlette.responses import Response

from sandbox.company import Company, Person
from sandbox.microsoft.state import Store

COOKIE = "sandbox-microsoft"


class Sessions:
    """The browsers' sessions; each has one person."""

    def __init__(self, store: Store, company: Company) -> None:
        self._store = store
        self._company = company

    def person_of(self, request: Request) -> Person | None:
        """Who is signed in in the browser of this request."""
        key = self._store.state.sessions.get(request.cookies.get(COOKIE, ""))
        return None if key is None else self._company.person(key)

    def sign_in(self, person: Person) -> str:
        """Begin a session; the value of its cookie."""
        value = secrets.token_urlsafe(32)
        self._store.state.sessions[value] = person.aad_object_id
        self._store.changed()
        return value

    def sign_out(self, request: Request) -> None:
        """End the session of this request's browser."""
        if self._store.state.sessions.pop(request.cookies.get(COOKIE, ""), None) is not None:
            self._store.changed()


def keep_session(response: Response, value: str) -> Response:
    """Give the browser the session's cookie: another site's link brings it, another site's form does not."""
    response.set_cookie(COOKIE, value, httponly=True, samesite="lax", path="/")
    return response
