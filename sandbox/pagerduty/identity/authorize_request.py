"""The request with which the app sends a browser to the identity host."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from sandbox.pagerduty.identity.registration import Registration

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
"""The base64url of a SHA-256 digest (RFC 7636, 4.2)."""


class RequestRefused(Exception):
    """The request is wrong in a way that is told to the person, never to the redirect URI."""


@dataclass(frozen=True)
class AuthorizeRequest:
    """A request that matches the registration."""

    query: str
    """As it came: forms carry it on."""
    redirect_uri: str
    scopes: tuple[str, ...]
    """Those that the client may have, without ``openid``, which every token gets."""
    challenge: str
    state: str | None

    def answered(self, *, with_state: bool = True, **answer: str) -> str:
        """The redirect URI with the answer. PagerDuty's documents do not speak of ``state``."""
        if with_state and self.state is not None:
            answer["state"] = self.state
        parts = urlsplit(self.redirect_uri)
        query = "&".join(filter(None, (parts.query, urlencode(answer))))
        return urlunsplit(parts._replace(query=query))


def read_authorize_request(query: str, registration: Registration) -> AuthorizeRequest:
    """Read the parameters; raises RequestRefused."""
    parameters = parse_qsl(query, keep_blank_values=True)
    given = dict(parameters)
    problem = _repeated(parameters) or _problem(given, registration)
    if problem is not None:
        raise RequestRefused(problem)
    return AuthorizeRequest(
        query=query,
        redirect_uri=given["redirect_uri"],
        scopes=registration.granted(given["scope"].split()),
        challenge=given["code_challenge"],
        state=given.get("state"),
    )


def _repeated(parameters: list[tuple[str, str]]) -> str | None:
    names = [name for name, _ in parameters]
    twice = next((name for name in names if names.count(name) > 1), None)
    return f"The parameter {twice} comes twice." if twice is not None else None


def _problem(given: Mapping[str, str], registration: Registration) -> str | None:
    if given.get("client_id") != registration.client_id:
        return "There is no app with this client_id."
    if given.get("redirect_uri") not in registration.redirect_uris:
        return "The redirect_uri is none that the app is registered with."
    if given.get("response_type") != "code":
        return "The response_type must be code."
    if not given.get("scope"):
        return "The request names no scope."
    if given.get("code_challenge_method") != "S256":
        return "The code_challenge_method must be S256: this app must use PKCE."
    if not _CHALLENGE.fullmatch(given.get("code_challenge", "")):
        return "The code_challenge must be the base64url of a SHA-256 digest: this app must use PKCE."
    return None
