"""ID tokens, and the documents by which a client verifies them (*The PagerDuty OpenID ID Token*)."""

import base64
import hashlib
import uuid
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox.clock import Clock
from sandbox.company import Company
from sandbox.id_token_changes import IdTokenChanges
from sandbox.pagerduty.directory import JSON, Directory
from sandbox.pagerduty.identity.delegations import Issued
from sandbox.pagerduty.identity.model import Session
from sandbox.private_files import FOLDER
from sandbox.signing_key import SigningKey

ISSUER_PATH = "/global/oauth/anonymous"
LIFE = timedelta(hours=1)
_REGIONS = {
    "us": ("https://api.pagerduty.com", "UnitedStates"),
    "eu": ("https://api.eu.pagerduty.com", "Europe"),
}
"""The REST address and the word of each service region."""


class IdTokens:
    """Signs ID tokens with a key of its own, kept in the folder ``keys``; without one it is a new one."""

    def __init__(
        self,
        company: Company,
        directory: Directory,
        clock: Clock,
        changes: IdTokenChanges,
        *,
        url: str,
        keys: Path | None,
    ) -> None:
        self._company = company
        self._directory = directory
        self._clock = clock
        self._changes = changes
        self._url = url
        self._keys = keys

    @property
    def issuer(self) -> str:
        """``iss`` of the tokens, as the discovery document names it."""
        return self._url + ISSUER_PATH

    def sign(self, issued: Issued, session: Session) -> str:
        """The ID token that comes with these tokens.

        ``sub`` is the e-mail address, as in the document's example; another example there has the user's id.
        Times are real ones, not the account's: whoever verifies the token has no other clock.
        """
        company, delegation = self._company, issued.delegation
        rest_url, region = _REGIONS[company.region]
        now = datetime.now(UTC)
        signed_in = now - (self._clock.now() - session.at)
        how = f"acr:html-form:{region.lower()}"
        return self._changes.sign(
            self._key,
            {
                "iss": self.issuer,
                "aud": [rest_url, delegation.client],
                "azp": delegation.client,
                "sub": self._directory.users[delegation.user].email,
                "iat": int(now.timestamp()),
                "nbf": int(now.timestamp()),
                "exp": int((now + LIFE).timestamp()),
                "auth_time": int(signed_in.timestamp()),
                "jti": str(uuid.uuid4()),
                "purpose": "id",
                "at_hash": _half_hash(issued.access_token),
                "acr": how,
                "amr": how,
                "delegation_id": issued.delegation_id,
                "account_id": company.account_id,
                "user_id": delegation.user,
                "subdomain": company.account,
                "region": region,
                "sid": session.id,
            },
        )

    def published_keys(self) -> JSON:
        """The JSON Web Key Set."""
        return self._key.published()

    def discovery(self, scopes: tuple[str, ...]) -> JSON:
        """The OpenID configuration."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self._url}/oauth/authorize",
            "token_endpoint": f"{self._url}/oauth/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "scopes_supported": ["openid", *scopes],
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
        }

    @cached_property
    def _key(self) -> SigningKey:
        if self._keys is None:
            return SigningKey(rsa.generate_private_key(public_exponent=65537, key_size=2048))
        folder = self._keys / "pagerduty"
        folder.mkdir(mode=FOLDER, parents=True, exist_ok=True)
        return SigningKey.kept_in(folder)


def _half_hash(access_token: str) -> str:
    """``at_hash`` of OpenID Connect Core, 3.1.3.6."""
    digest = hashlib.sha256(access_token.encode()).digest()
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()
