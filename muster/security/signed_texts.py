"""Texts that come back to us through other people's hands: signed, so that they come back as we wrote them.

Each use has a purpose, under which it alone signs. What one use signed is nothing to another.
"""

import hashlib

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from itsdangerous import BadSignature, Signer

from muster.security.sealing import KeyRing


class SignedTexts:
    """Signs under the current key of the ring, and knows what the older ones signed."""

    def __init__(self, ring: KeyRing, purpose: str) -> None:
        self._signers = [_signer(key, purpose.encode()) for key in ring.keys.values()]

    def signed(self, text: str) -> str:
        """The text with its signature; always the same under the same current key."""
        return self._signers[0].sign(text).decode()

    def text_of(self, signed: str) -> str | None:
        """The text that was signed; ``None`` for anything else."""
        return next(
            (text for signer in self._signers if (text := _text_of(signer, signed)) is not None), None
        )


def _signer(key: bytes, purpose: bytes) -> Signer:
    """A signer with a key of its own: what seals columns signs nothing."""
    own = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(key)
    return Signer(own, key_derivation="none", digest_method=hashlib.sha256)


def _text_of(signer: Signer, signed: str) -> str | None:
    try:
        text = signer.unsign(signed).decode()
    except (BadSignature, UnicodeError):
        return None
    # Base64 spells one signature in several ways; only ours counts.
    return text if signer.sign(text).decode() == signed else None
