"""Settings without the environment's: a test says everything itself."""

import functools
import os
from pathlib import Path
from typing import Any

from muster.settings import Settings
from muster.store.database_address import DatabaseAddress

KEYS = "test:" + "A" * 43 + "="
"""A key ring of one key."""
_UUID = "8f0c1f5e-0000-4000-8000-000000000001"
CONFIG = f"""
[[teams]]
tenant = "{_UUID}"
app_id = "{_UUID}"
app_secret = "not used here"
[[pagerduty]]
subdomain = "acme"
client_id = "client"
client_secret = "not used here"
"""
"""A configuration with both sides, which is used for nothing."""


def config_file(folder: Path, text: str = CONFIG) -> str:
    """The path of a muster.toml in ``folder``."""
    file = folder / "muster.toml"
    file.write_text(text)
    return str(file)


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
    return _database_at(database_url, os.environ.get("MUSTER_DATABASE_POOLER"))


@functools.cache
def _database_at(database_url: str, pooler: str | None) -> DatabaseAddress:
    """Read once: all settings are read for it."""
    return settings_for(database_url, "127.0.0.1:1", database_pooler=pooler or "none").database
