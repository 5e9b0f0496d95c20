"""PagerDuty's webhook signature: ``X-PagerDuty-Signature: v1=<hex>,v1=<hex>``.

HMAC-SHA256 over the raw body with the subscription's secret. There are several values while a secret
is rotated, and values of other versions beside them when PagerDuty adds one.
"""

import hashlib
import hmac
import itertools
from collections.abc import Iterable

SIGNATURE_HEADER = "X-PagerDuty-Signature"

_VERSION = "v1="


class SignatureMalformed(ValueError):
    """The header holds no ``v1`` value, so no secret could ever match."""


def matches(header: str, body: bytes, secrets: Iterable[str]) -> bool:
    """Whether any ``v1`` value of ``header`` is the signature of ``body`` with any of ``secrets``.

    Raises ``SignatureMalformed``.
    """
    given = [part.strip() for part in header.split(",")]
    values = [part.removeprefix(_VERSION).lower().encode() for part in given if part.startswith(_VERSION)]
    if not values:
        raise SignatureMalformed("the signature header holds no v1 value")
    # Signed once for each secret: how many values there are is up to whoever calls.
    expected = [_sign(body, secret) for secret in secrets]
    # Compare every pair, so that the time taken does not show which one matched.
    return any([hmac.compare_digest(*pair) for pair in itertools.product(values, expected)])  # noqa: C419


def _sign(body: bytes, secret: str) -> bytes:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode()
