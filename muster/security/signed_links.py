"""The token of a link: the id of its row, signed. Any process draws the same one, and nothing keeps it."""

import re
from urllib.parse import urlsplit

from muster.security.sealing import KeyRing
from muster.security.signed_texts import SignedTexts

_PURPOSE = "muster: signed links"
_ID = re.compile(r"[1-9][0-9]{0,18}")
_LONGEST = 100


class SignedLinks:
    """Draws the tokens of offers under the current key of the ring, and knows those of the older ones."""

    def __init__(self, ring: KeyRing) -> None:
        self._texts = SignedTexts(ring, _PURPOSE)

    def token(self, offer_id: int) -> str:
        """The token of this offer; always the same under the same current key."""
        return self._texts.signed(str(offer_id))

    def offer_of(self, token: str) -> int | None:
        """The offer of a token as ``token`` draws it; ``None`` for any other text."""
        if len(token) > _LONGEST or not token.isascii():
            return None
        id = self._texts.text_of(token)
        return int(id) if id is not None and _ID.fullmatch(id) else None


def link_url(public_url: str, token: str) -> str:
    """Where people open a link."""
    return f"{public_url.rstrip('/')}/l/{token}"


def link_path(public_url: str, token: str) -> str:
    """The same as a page of ours names it, which a proxy may serve below a path of its own."""
    return urlsplit(link_url(public_url, token)).path
