"""Sealing of secrets at rest: AES-256-GCM under a ring of keys that can rotate.

A sealed value is ``key id length (1) | key id | nonce (12) | ciphertext``. Its place (table, row,
column) is authenticated with it, so that a value copied elsewhere does not open.
"""

import base64
import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_KEY, _NONCE = 32, 12
_LONGEST_ID = 255


class SealBroken(Exception):
    """A sealed value cannot be opened: its key is gone, or it is not what was sealed here."""


@dataclass(frozen=True)
class Place:
    """Where a sealed value lives."""

    table: str
    row: str
    column: str

    def associated_data(self) -> bytes:
        """What the seal is bound to."""
        return f"{self.table}|{self.row}|{self.column}".encode()


@dataclass(frozen=True)
class KeyRing:
    """Keys by id, the current one first; old ones stay until nothing is sealed with them."""

    keys: dict[str, bytes] = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "KeyRing":
        """Read ``id:base64`` pairs separated by commas; raises ValueError without repeating the text."""
        keys: dict[str, bytes] = {}
        for pair in filter(None, (part.strip() for part in text.split(","))):
            key_id, _, encoded = pair.partition(":")
            try:
                key = base64.b64decode(encoded, validate=True)
            except ValueError:
                raise ValueError("MUSTER_KEYS: a key is not base64") from None
            if not 0 < len(key_id.encode()) <= _LONGEST_ID or len(key) != _KEY:
                raise ValueError("MUSTER_KEYS: each key needs an id and 32 bytes, as id:base64")
            if key_id in keys:
                raise ValueError("MUSTER_KEYS: two keys have the same id")
            keys[key_id] = key
        if not keys:
            raise ValueError("MUSTER_KEYS: no key")
        return cls(keys)

    def seal(self, secret: str, place: Place) -> bytes:
        """Seal under the current key."""
        key_id = next(iter(self.keys))
        nonce = os.urandom(_NONCE)
        name = key_id.encode()
        sealed = AESGCM(self.keys[key_id]).encrypt(nonce, secret.encode(), place.associated_data())
        return bytes([len(name)]) + name + nonce + sealed

    def open(self, sealed: bytes, place: Place) -> str:
        """Open with the key it was sealed under; raises ``SealBroken``."""
        length = sealed[0] if sealed else 0
        key = self.keys.get(sealed[1 : 1 + length].decode(errors="replace"))
        if key is None:
            raise SealBroken(f"no key for {place.table}.{place.column}")
        nonce, body = sealed[1 + length : 1 + length + _NONCE], sealed[1 + length + _NONCE :]
        try:
            return AESGCM(key).decrypt(nonce, body, place.associated_data()).decode()
        except (InvalidTag, ValueError):
            raise SealBroken(f"{place.table}.{place.column} does not open here") from None
