"""Authorization codes: each is used once, within ten minutes, by who asked for it."""

import base64
import hashlib
import secrets
from datetime import timedelta

from sandbox.clock import Clock
from sandbox.microsoft import errors
from sandbox.microsoft.state import Code, Store

LIFETIME = timedelta(minutes=10)
_FORGOTTEN_AFTER = timedelta(days=1)
"""Until then a code is refused with what is wrong with it."""


class Codes:
    """The codes of the one registration."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def issue(self, code: Code) -> str:
        """Keep a code; its text."""
        state, now = self._store.state, self._clock.now()
        state.codes = {
            text: kept for text, kept in state.codes.items() if now - kept.issued_at < _FORGOTTEN_AFTER
        }
        text = f"1.{secrets.token_urlsafe(48)}"
        state.codes[text] = code
        self._store.changed()
        return text

    def redeem(self, text: str, redirect_uri: str, verifier: str | None) -> Code:
        """The code, which is used up; raises EntraError, and then it is as before."""
        code = self._store.state.codes.get(text)
        if code is None:
            raise errors.unknown_code()
        if code.redeemed:
            raise errors.code_already_redeemed()
        if self._clock.now() - code.issued_at >= LIFETIME:
            raise errors.code_expired()
        if redirect_uri != code.redirect_uri:
            raise errors.other_redirect_uri()
        _check_verifier(code, verifier)
        self._store.state.codes[text] = code.model_copy(update={"redeemed": True})
        self._store.changed()
        return code


def _check_verifier(code: Code, verifier: str | None) -> None:
    """Hold the verifier against the challenge (RFC 7636); a code without a challenge takes none."""
    if code.challenge is None:
        if verifier:
            raise errors.wrong_verifier()
        return
    if not verifier:
        raise errors.no_verifier()
    digest = hashlib.sha256(verifier.encode()).digest()
    hashed = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    if code.challenge != (hashed if code.challenge_method == "S256" else verifier):
        raise errors.wrong_verifier()
