"""What an application asks the authorization endpoint for, in the address that it sends a browser to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

from sandbox.microsoft import errors

Prompt = Literal["", "login", "select_account", "none"]

_PROMPTS = frozenset({"", "login", "select_account", "none"})
_SCOPES = frozenset({"openid", "profile"})
"""The delegated permissions that the registration asks for."""
_CHALLENGE_SIZE = range(43, 129)
"""RFC 7636."""


@dataclass(frozen=True)
class AuthorizationRequest:
    """A request for a code."""

    redirect_uri: str
    scope: tuple[str, ...]
    nonce: str | None
    challenge: str | None
    challenge_method: Literal["S256", "plain"]
    prompt: Prompt


def read_request(query: Mapping[str, str]) -> AuthorizationRequest:
    """Read the parameters of a request whose redirect URI is trusted; raises EntraError."""
    for name in ("response_type", "scope"):
        if not query.get(name):
            raise errors.missing(name)
    if query["response_type"] != "code":
        raise errors.unsupported_response_type()
    if query.get("response_mode", "query") != "query":
        raise errors.unsupported_response_mode()
    scope = tuple(query["scope"].split())
    if "openid" not in scope or not _SCOPES.issuperset(scope):
        raise errors.invalid_scope()
    prompt = query.get("prompt", "")
    if prompt not in _PROMPTS:
        raise errors.unsupported_prompt()
    method, challenge = query.get("code_challenge_method", "plain"), query.get("code_challenge")
    if method not in ("S256", "plain"):
        raise errors.invalid_challenge_method()
    if challenge is not None and len(challenge) not in _CHALLENGE_SIZE:
        raise errors.invalid_challenge_size()
    return AuthorizationRequest(
        redirect_uri=query["redirect_uri"],
        scope=scope,
        nonce=query.get("nonce"),
        challenge=challenge,
        challenge_method=cast('Literal["S256", "plain"]', method),
        prompt=cast(Prompt, prompt),
    )
