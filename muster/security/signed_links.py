"""The token of a link: the id of its row, signed. Any process draws the same one, and nothing keeps it."""

import hashlib
import hmac
import re
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from itsdangerous import BadSignature, Signer

from muster.security.sealing import KeyRing

_PURPOSE = b"muster: signed links"
_ID = re.compile(r"[1-9][0-9]{0,18}")
_LONGEST = 100


class SignedLinks:
    """Draws the tokens of offers under the current key of the ring, and knows those of the older ones."""

    def __init__(self, ring: KeyRing) -> None:
        self._signers = [_signer(key) for key in ring.keys.values()]

    def token(self, offer_id: int) -> str:
        """The token of this offer; always the same under the same current key."""
        return self._signers[0].sign(str(offer_id)).decode()

    def offer_of(self, token: str) -> int | None:
        """The offer of a token as ``token`` draws it; ``None`` for any other text."""
        return next(filter(None, (_offer_of(signer, token) for signer in self._signers)), None)


def link_url(public_url: str, token: str) -> str:
    """Where people open a link."""
    return f"{public_url.rstrip('/')}/l/{token}"


def link_path(public_url: str, token: str) -> str:
    """The same as a page of ours names it, which a proxy may serve below a path of its own."""
    return urlsplit(link_url(public_url, token)).path


def _signer(key: bytes) -> Signer:
    """A signer with a key of its own: what seals columns signs nothing."""
    own = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(key)
    return Signer(own, key_derivation="none", digest_method=hashlib.sha256)


def _offer_of(signer: Signer, token: str) -> int | None:
    if len(token) > _LONGEST or not token.isascii():
        return None
    try:
        id = signer.unsign(token).decode()
    except BadSignature:
        return None
    # Base64 spells one signature in several ways; only ours is the token.
    if not _ID.fullmatch(id) or not hmac.compare_digest(signer.sign(id), token.encode()):
        return None
    return int(id)
