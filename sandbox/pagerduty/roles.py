"""The roles of users: as REST calls them (``user.role``), and as PagerDuty's pages do."""

from collections.abc import Mapping
from typing import Literal

Role = Literal[
    "owner",
    "admin",
    "user",
    "limited_user",
    "observer",
    "restricted_access",
    "read_only_user",
    "read_only_limited_user",
]

ROLE_NAMES: Mapping[str, str] = {
    "owner": "Account Owner",
    "admin": "Global Admin",
    "user": "Manager",
    "limited_user": "Responder",
    "observer": "Observer",
    "restricted_access": "Restricted Access",
    "read_only_user": "Full Stakeholder",
    "read_only_limited_user": "Limited Stakeholder",
}
