"""Why Entra signed nobody in, by its codes.

Names and numbers follow learn.microsoft.com *Microsoft Entra authentication and authorization error codes*.
"""

import re
from collections.abc import Iterable
from typing import Any, Literal

from muster.clients.entra.session import TRANSIENT
from workflows.errors import ProviderUnavailable

SignInReason = Literal[
    "sign_in_denied",
    "not_consented",  # the organization does not let people consent, and no admin has
    "sign_in_late",  # the code was used already, or is too old
    "sign_in_app_refused",  # the app's own credentials, or how it is registered
    "sign_in_unverified",  # the ID token is wrong in a claim
    "other_tenant",
    "no_object_id",
]

_NOT_CONSENTED = frozenset({65001, 90093, 90094, 90095})
"""AADSTS numbers: nobody has consented, and only an admin can."""
_ERRORS = frozenset(
    {
        "access_denied",
        "consent_required",
        "interaction_required",
        "invalid_client",
        "invalid_grant",
        "invalid_request",
        "invalid_scope",
        "login_required",
        "unauthorized_client",
        "unsupported_response_type",
    }
)
"""What Entra's documents list; any other text is anybody's, who can write a query."""
_OF_THE_APP = frozenset(
    {
        "invalid_client",
        "invalid_request",
        "invalid_scope",
        "unauthorized_client",
        "unsupported_response_type",
    }
)
_NUMBER = re.compile(r"AADSTS(\d{4,8}):")


class SignInRefused(Exception):
    """Nobody was signed in who counts; nothing of a token or code is in it, and no name.

    ``about`` is for operators: Entra's error, or the claim that is wrong.
    """

    def __init__(self, reason: SignInReason, about: str | None = None) -> None:
        super().__init__(reason if about is None else f"{reason}: {about}")
        self.reason = reason


def told_by_return(error: str, description: str) -> Exception:
    """What a return says that has an error in the place of a code; its description begins with the number."""
    found = _NUMBER.match(description)
    return refusal(error, [int(found[1])] if found else [])


def refusal(error: str, numbers: Iterable[Any]) -> Exception:
    """What an error of Entra's says, by its code and its AADSTS numbers."""
    known = {number for number in numbers if isinstance(number, int)}
    named = error if error in _ERRORS | TRANSIENT else "no known error"
    about = " ".join((named, *(f"AADSTS{number}" for number in sorted(known))))
    if error in TRANSIENT:
        return ProviderUnavailable(f"Entra could not sign anybody in ({about})", code=error)
    if error == "consent_required" or known & _NOT_CONSENTED:
        return SignInRefused("not_consented", about)
    if error == "invalid_grant":
        return SignInRefused("sign_in_late", about)
    return SignInRefused("sign_in_app_refused" if error in _OF_THE_APP else "sign_in_denied", about)
