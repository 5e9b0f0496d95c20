"""How long a link lives by PagerDuty's rules, and when it is kept alive."""

from datetime import timedelta

AUTHORIZATION_LIVES = timedelta(days=365)
"""However often its tokens are refreshed (platform-facts, *Lifetimes*)."""
REFRESH_TOKEN_LIVES = timedelta(days=30)
"""Without a refresh a link's tokens are dead after it (the same)."""
REFRESHED_AFTER = timedelta(days=20)
"""A link that nobody used so long is refreshed by the upkeep: ten days are left for outages."""
REFRESH_IS_OVERDUE = REFRESHED_AFTER + timedelta(days=2)
"""The upkeep runs once a day: one of its runs has failed by then."""
