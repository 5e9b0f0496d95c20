"""What `muster up` was asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.up.pages.start_page import Place


@dataclass(frozen=True, kw_only=True)
class Options:
    """The command line of `muster up`."""

    data: Path
    empty: bool = False
    """Start with nothing connected and nobody linked."""
    playground: bool = False
    """Start Microsoft's Agents Playground too."""
    ready_file: Path | None = None
    any_ports: bool = False
    """Take no usual port: where a part is away for a while, another stack's would take its place."""
    temporal_dynamic: Mapping[str, str] = field(default_factory=dict)
    """Additions to the server's dynamic configuration, JSON texts by key."""
    queries: Sequence[Place] = ()
    """Ready queries for the Temporal UI, each ``url`` a path in it. They are the product's, which the sandbox
    does not import: whoever asks for a stack brings them."""
