"""Access tokens for Graph. As with the original, Graph alone can verify them.

The nonce in a token's header was hashed before the token was signed (issue 853 of
AzureAD/azure-activedirectory-identitymodel-extensions-for-dotnet): who does not know this finds the signature
wrong.
"""

import base64
import hashlib
import json
import secrets
from typing import Any

import jwt

from sandbox.app_tokens import access_claims, issuer_of
from sandbox.company import Company, Person
from sandbox.graph_errors import GraphError
from sandbox.signing_key import SigningKey

GRAPH_AUDIENCE = "https://graph.microsoft.com"


class GraphTokens:
    """Issues and checks the tokens of the one registration for Graph."""

    def __init__(self, key: SigningKey, company: Company) -> None:
        self._key = key
        self._company = company

    def issue_to_app(self, roles: tuple[str, ...]) -> str:
        """An app-only token; without any permission it has no ``roles``."""
        claims = access_claims(self._company, GRAPH_AUDIENCE)
        return self._sign(claims | ({"roles": list(roles)} if roles else {}))

    def issue_for(self, person: Person, scope: str) -> str:
        """A token for what the app may do in the person's name."""
        claims = access_claims(self._company, GRAPH_AUDIENCE, idtyp="user")
        return self._sign(claims | {"scp": scope, "oid": person.aad_object_id, "name": person.name})

    def claims_of(self, token: str) -> dict[str, Any]:
        """The claims of a token for Graph; raises jwt.InvalidTokenError."""
        nonce = jwt.get_unverified_header(token).get("nonce")
        if not isinstance(nonce, str):
            raise jwt.InvalidTokenError("the header has no nonce")
        issuer = issuer_of(self._company.tenant_id)
        return self._key.verify(_with_nonce(token, _hashed(nonce)), audience=GRAPH_AUDIENCE, issuer=issuer)

    def roles_of(self, authorization: str | None) -> list[str]:
        """The application permissions of the token in a header; a person's token has none.

        Raises GraphError for a header without a valid token.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise GraphError(401, "InvalidAuthenticationToken", "Access token is empty.")
        try:
            claims = self.claims_of(token.strip())
        except jwt.InvalidTokenError:
            raise GraphError(401, "InvalidAuthenticationToken", "Access token validation failure.") from None
        roles: list[str] = claims.get("roles", [])
        return roles

    def _sign(self, claims: dict[str, Any]) -> str:
        nonce = secrets.token_urlsafe(32)
        return _with_nonce(self._key.sign(claims, nonce=_hashed(nonce)), nonce)


def _hashed(nonce: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(nonce.encode()).digest()).decode().rstrip("=")


def _with_nonce(token: str, nonce: str) -> str:
    """The token with another nonce in its header; the rest of it stays to the letter."""
    header, rest = token.split(".", 1)
    fields = json.loads(base64.urlsafe_b64decode(f"{header}==")) | {"nonce": nonce}
    text = json.dumps(fields, separators=(",", ":")).encode()
    return f"{base64.urlsafe_b64encode(text).decode().rstrip('=')}.{rest}"
