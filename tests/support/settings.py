"""Settings without the environment's: a test says everything itself."""

from typing import Any

from muster.settings import Settings
from muster.store.database_address import DatabaseAddress

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


def database_at(database_url: str) -> DatabaseAddress:
    """The database of a test, reached as ``MUSTER_DATABASE_POOLER`` says: the tests of the store set it."""
    return settings_for(database_url, "127.0.0.1:1").database
