"""What `muster up` was asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Options:
    """The command line of `muster up`."""

    data: Path
    empty: bool = False
    """Start with nothing connected and nobody linked."""
    playground: bool = False
    """Start Microsoft's Agents Playground too."""
    ready_file: Path | None = None
    temporal_dynamic: Mapping[str, str] = field(default_factory=dict)
    """Additions to the server's dynamic configuration, JSON texts by key."""
