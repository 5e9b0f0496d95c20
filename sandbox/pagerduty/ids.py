"""Random ids in PagerDuty's shapes. No id is used twice, not even after a reset."""

import secrets
import string
from datetime import datetime

_CAPITALS = string.ascii_uppercase + string.digits
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_id(first: str = "Q") -> str:
    """Fourteen characters; incidents, log entries and requests start with ``Q``, subscriptions with ``P``."""
    return first + "".join(secrets.choice(_CAPITALS) for _ in range(13))


def new_event_id(at: datetime) -> str:
    """Twenty-six characters that sort by time, as the ids of webhook events do."""
    milliseconds = int(at.timestamp() * 1000)
    return _encode(milliseconds, 10) + _encode(secrets.randbits(80), 16)


def new_incident_key() -> str:
    """The de-duplication key of an incident that was created without one."""
    return secrets.token_hex(16)


def new_secret() -> str:
    """The signing secret of a webhook subscription."""
    return secrets.token_hex(32)


def new_access_token() -> str:
    """An access token, of the account's app or of a user."""
    return "pdus+_0" + secrets.token_urlsafe(24)


def new_refresh_token() -> str:
    """A refresh token of a user."""
    return "pdus+_1" + secrets.token_urlsafe(24)


def _encode(number: int, length: int) -> str:
    digits = ""
    for _ in range(length):
        number, rest = divmod(number, 32)
        digits = _CROCKFORD[rest] + digits
    return digits
