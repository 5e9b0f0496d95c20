"""The token endpoint: what an application gets for itself, and for a code that a browser brought back."""

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.app_tokens import CONNECTOR_AUDIENCE, LIFETIME, ConnectorTokens
from sandbox.company import Company, Person
from sandbox.graph_tokens import GRAPH_AUDIENCE, GraphTokens
from sandbox.microsoft import errors
from sandbox.microsoft.codes import Codes
from sandbox.microsoft.consent import Consent
from sandbox.microsoft.directory import Directory
from sandbox.microsoft.id_tokens import IdTokens
from sandbox.microsoft.registration import Registration

GRANT_TYPES = frozenset({"client_credentials", "authorization_code"})
RESOURCES = frozenset({CONNECTOR_AUDIENCE, GRAPH_AUDIENCE})
_DEFAULT = "/.default"


@dataclass(frozen=True)
class Issued:
    """An answer with tokens, and what the records say of it."""

    body: Mapping[str, Any]
    audience: str
    roles: tuple[str, ...] = ()
    person: str | None = None


@dataclass(frozen=True)
class TokenEndpoint:
    """Issues tokens to the one registration."""

    company: Company
    directory: Directory
    registration: Registration
    consent: Consent
    codes: Codes
    connector_tokens: ConnectorTokens
    graph_tokens: GraphTokens
    id_tokens: IdTokens

    def issue(self, tenant: str, form: Mapping[str, str]) -> Issued:
        """The tokens that the form asks for; raises EntraError."""
        self.registration.check_tenant(tenant)
        grant_type = form.get("grant_type")
        if not grant_type:
            raise errors.missing("grant_type")
        if grant_type not in GRANT_TYPES:
            raise errors.unsupported_grant_type()
        self.registration.check_client(tenant, form.get("client_id"))
        self._check_secret(form.get("client_secret"))
        return self._for_app(form) if grant_type == "client_credentials" else self._for_code(form)

    def _check_secret(self, secret: str | None) -> None:
        if not secret:
            raise errors.missing_secret()
        if not secrets.compare_digest(secret.encode(), self.company.bot_app_secret.encode()):
            raise errors.wrong_secret(self.registration.client_id)

    def _for_app(self, form: Mapping[str, str]) -> Issued:
        scope = form.get("scope")
        if not scope:
            raise errors.missing("scope")
        if len(scope.split()) != 1 or not scope.endswith(_DEFAULT):
            raise errors.invalid_app_scope()
        audience = scope.removesuffix(_DEFAULT)
        if audience not in RESOURCES:
            raise errors.resource_not_found(audience)
        if audience == CONNECTOR_AUDIENCE:
            return Issued(_bearer(self.connector_tokens.issue()), audience)
        roles = self.consent.roles()
        return Issued(_bearer(self.graph_tokens.issue_to_app(roles)), audience, roles)

    def _for_code(self, form: Mapping[str, str]) -> Issued:
        for name in ("code", "redirect_uri"):
            if not form.get(name):
                raise errors.missing(name)
        self.registration.check_redirect_uri(form["redirect_uri"])
        code = self.codes.redeem(form["code"], form["redirect_uri"], form.get("code_verifier"))
        person = self.company.person(code.person)
        if person is None:  # of a company that the snapshot is older than
            raise errors.unknown_code()
        self.directory.check_account(person, "invalid_grant")
        scope = " ".join(code.scope)
        body = _bearer(self.graph_tokens.issue_for(person, scope)) | {
            "scope": scope,
            "id_token": self.id_tokens.issue(person, profile="profile" in code.scope, nonce=code.nonce),
        }
        if form.get("client_info") == "1":
            body["client_info"] = self._client_info(person)
        return Issued(body, GRAPH_AUDIENCE, person=person.aad_object_id)

    def _client_info(self, person: Person) -> str:
        """Who was signed in, as msal asks for it."""
        told = json.dumps({"uid": person.aad_object_id, "utid": self.company.tenant_id})
        return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")


def _bearer(token: str) -> dict[str, Any]:
    return {
        "token_type": "Bearer",
        "expires_in": LIFETIME,
        "ext_expires_in": LIFETIME,
        "access_token": token,
    }
