"""The options of `muster up`."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.up.pages.links import PageLink


@dataclass(frozen=True, kw_only=True)
class RealRegistrations:
    """What a ``muster.toml`` names, in place of the simulators. It is the product's, as are its addresses."""

    names: Sequence[str]
    """What is real: ``PagerDuty account acme``."""
    addresses: Sequence[PageLink]
    """What Microsoft and PagerDuty must be given; each ``url`` is a path below the public address."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """The command line of `muster up`, and what the caller read of the product's settings."""

    data: Path
    shell: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    """The variables that count, as the product's settings read them: also those that stand in files of
    ``MUSTER_SECRETS_DIR``, which is not among them. ``MUSTER_CONFIG`` is there with ``real`` alone."""
    folder_of_data: Path | None = None
    """A folder of ours that has ``data``, or is it: closed to everybody else as that is."""
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
    real: RealRegistrations | None = None
    """Without it the simulators are started."""
    api_host: str | None = None
    """``MUSTER_HOST`` where it is set."""
    configured_ports: Mapping[str, int] = field(default_factory=dict)
    """Ports that the settings name, by field of ``Addresses``: they are used, or nothing starts."""
