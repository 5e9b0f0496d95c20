"""Settings without the environment's: a test says everything itself."""

from typing import Any

from muster.settings import Settings

KEYS = "test:" + "A" * 43 + "="
"""A key ring of one key."""


def settings_for(database_url: str, temporal_address: str, **more: Any) -> Settings:
    """Settings with these addresses, the test's keys and ``more``; defaults for the rest."""
    given: dict[str, Any] = {
        "DATABASE_URL": database_url,
        "TEMPORAL_ADDRESS": temporal_address,
        "keys": KEYS,
        **more,
    }
    return Settings(**given)
