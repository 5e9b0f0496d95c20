"""PagerDuty's API for Microsoft Teams as PagerDuty describes it."""

from functools import cache

from tests.schemas import structure
from tests.schemas.dialects import OpenApi3
from tools.schemas.originals import MS_TEAMS

UNDER = "/integration-ms-teams"
"""Below PagerDuty's address, and below ours."""


@cache
def ms_teams_api() -> OpenApi3:
    """The description, read once."""
    return OpenApi3(structure(MS_TEAMS))
