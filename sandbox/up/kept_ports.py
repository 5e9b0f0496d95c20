"""The ports of a data folder: those of its first start, which every later start takes again where it can.

Bookmarks, scripts and webhook receivers know a stack by them. Where another process has one, the part gets a
port by chance for this start.
"""

import json
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.ports import KeptPorts, read_ports
from sandbox.up.addresses import PORTS, Addresses
from sandbox.up.configured_places import ConfiguredPlaces
from sandbox.up.servers.ports import free_port, holder


@dataclass(frozen=True)
class PortTaken:
    """A part that could not have the port it should have."""

    part: str
    what: str
    wanted: int
    got: int
    by: str | None
    """Who has it, where the system tells."""
    usual: bool
    """Whether ``wanted`` was the folder's own port; else it was the well-known one, at the first start."""

    def __str__(self) -> str:
        by = f" by {self.by}" if self.by else ""
        meanwhile = "this time" if self.usual else "from now on"
        return f"port {self.wanted} is taken{by}: {self.what} is at {self.got} {meanwhile}"


def take_ports(
    file: Path,
    parts: Collection[str],
    *,
    well_known: bool = True,
    configured: ConfiguredPlaces = ConfiguredPlaces(),  # noqa: B008 -- frozen
) -> tuple[Addresses, list[PortTaken]]:
    """Ports for the addresses of these ``parts``, kept in the file; any port for those of others.

    Without ``well_known`` none of the well-known ports is taken, also where it is a usual one. What is
    ``configured`` is taken as it is, and becomes nobody's usual port.
    """
    kept = read_ports(file)
    wanted = _wanted(kept.usual, parts, well_known=well_known)
    reserved = {*wanted.values(), *(port.well_known for port in PORTS.values())}
    ports: dict[str, int] = dict(configured.ports)
    taken: list[PortTaken] = []
    for name, port in PORTS.items():
        if name in ports:
            continue
        want = wanted.get(name, 0)
        ports[name] = free_port(want, avoid={*ports.values(), *(reserved - {want})})
        if want not in (0, ports[name]):
            usual = name in kept.usual
            taken.append(PortTaken(port.part, port.what, want, ports[name], holder(want), usual=usual))
    ours = {name: got for name, got in ports.items() if PORTS[name].part in parts}
    chosen = {name: got for name, got in ours.items() if name not in configured.ports}
    _write(file, KeptPorts(usual=chosen | kept.usual, now=ours))
    return Addresses(**ports, api_host=configured.api_host), taken


def _wanted(usual: Mapping[str, int], parts: Collection[str], *, well_known: bool) -> dict[str, int]:
    """The port that each address of these parts should have, 0 for any."""
    excluded = () if well_known else {port.well_known for port in PORTS.values()}
    wanted = {name: usual.get(name, port.well_known) for name, port in PORTS.items() if port.part in parts}
    return {name: 0 if want in excluded else want for name, want in wanted.items()}


def _write(file: Path, kept: KeptPorts) -> None:
    """Replace the file in one step."""
    new = file.with_name(f"{file.name}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as written:
        json.dump(kept.model_dump(), written, indent=1)
    new.replace(file)
