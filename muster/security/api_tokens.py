"""Tokens of our own API: what one looks like, and what is kept of it.

A token is 32 random bytes, so that a plain SHA-256 of it cannot be turned back. The beginning of that hash is
its id: it finds the row, stands in logs, and names the token to whoever lists or revokes it.
"""

import hashlib
import hmac
import re
import secrets
from typing import NamedTuple

PREFIX = "mst_"

_BYTES = 32
_FORM = re.compile(rf"{PREFIX}[\w-]{{43}}", re.ASCII)
_ID_DIGITS = 12


class Fingerprint(NamedTuple):
    """What is kept of a token."""

    id: str
    digest: bytes


def new_token() -> str:
    """A token that there was never before."""
    return PREFIX + secrets.token_urlsafe(_BYTES)


def is_token(text: str) -> bool:
    """Whether it has the form of one."""
    return _FORM.fullmatch(text) is not None


def fingerprint_of(token: str) -> Fingerprint:
    """The id and the whole hash."""
    digest = hashlib.sha256(token.encode()).digest()
    return Fingerprint(digest.hex()[:_ID_DIGITS], digest)


def is_same(one: bytes, other: bytes) -> bool:
    """Whether two hashes are one, in a time that does not tell where they differ."""
    return hmac.compare_digest(one, other)
