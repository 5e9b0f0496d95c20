"""The options of `muster up`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.up.pages.start_page import PageLink


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
    """Use no well-known port. While a part is stopped, another `muster up` could take its port."""
    temporal_dynamic: Mapping[str, str] = field(default_factory=dict)
    """Additions to the Temporal server's dynamic configuration: JSON texts by key."""
    queries: Sequence[PageLink] = ()
    """Links to lists of workflows in the Temporal UI; each ``url`` is a path in it. The caller passes them,
    because they belong to the product, which the sandbox does not import."""
