"""What PagerDuty issues for a person: its client reads them, the store keeps them."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Tokens:
    """What PagerDuty issued; the times are by its clock."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    scopes: tuple[str, ...]
    issued_at: datetime
    expires_at: datetime
    """Of the access token."""
