"""What the SDK's own variables and its file say of a connection, by name: a stray one explains a failure."""

import os
from collections.abc import Mapping
from pathlib import Path

_OF_THE_SDK = (
    "TEMPORAL_ADDRESS",
    "TEMPORAL_NAMESPACE",
    "TEMPORAL_API_KEY",
    "TEMPORAL_CONFIG_FILE",
    "TEMPORAL_PROFILE",
)
_FAMILIES = ("TEMPORAL_TLS", "TEMPORAL_GRPC_META_", "TEMPORAL_CODEC_")
"""How the names of the others begin."""


def config_file(environment: Mapping[str, str] = os.environ) -> Path | None:
    """The file that the SDK reads: the one that is named, or the one at its usual place, if it is there."""
    if named := environment.get("TEMPORAL_CONFIG_FILE"):
        return Path(named)
    base = environment.get("XDG_CONFIG_HOME") or str(Path(environment.get("HOME", "~"), ".config"))
    usual = Path(base, "temporalio", "temporal.toml")
    return usual if usual.is_file() else None


def sources(environment: Mapping[str, str] = os.environ) -> str:
    """What counted beside our own settings, as the end of a sentence; empty where nothing did."""
    names = sorted(
        name
        for name, value in environment.items()
        if value and (name in _OF_THE_SDK or name.startswith(_FAMILIES))
    )
    if (file := config_file(environment)) is not None:
        names.append(f"the file {file}")
    return f". Of the environment counted {', '.join(names)}" if names else ""
