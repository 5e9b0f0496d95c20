"""ID tokens, which say who was signed in."""

import hashlib
import time

from sandbox.app_tokens import LIFETIME, issuer_of
from sandbox.company import Company, Person
from sandbox.id_token_changes import IdTokenChanges
from sandbox.signing_key import SigningKey


class IdTokens:
    """ID tokens of version 2.0 for the one registration; times are real ones."""

    def __init__(self, key: SigningKey, company: Company, authority: str, changes: IdTokenChanges) -> None:
        self._key = key
        self._changes = changes
        self._company = company
        self._issuer = f"{authority}/{company.tenant_id}/v2.0"

    def issue(self, person: Person, *, profile: bool, nonce: str | None) -> str:
        """A token about the person; ``profile`` adds the names."""
        now, client = int(time.time()), self._company.bot_app_id
        # What ``sub`` names is a person as this application alone knows them.
        pairwise = hashlib.sha256(f"{client} {person.aad_object_id}".encode()).hexdigest()
        claims = {
            "iss": self._issuer,
            "aud": client,
            "tid": self._company.tenant_id,
            "oid": person.aad_object_id,
            "sub": pairwise,
            "ver": "2.0",
            "iat": now,
            "nbf": now,
            "exp": now + LIFETIME,
        }
        if profile:
            claims |= {"name": person.name, "preferred_username": person.email}
        if person.guest_from is not None:
            claims["idp"] = issuer_of(person.guest_from)
        if nonce is not None:
            claims["nonce"] = nonce
        return self._changes.sign(self._key, claims)
