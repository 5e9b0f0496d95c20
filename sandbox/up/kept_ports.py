"""The ports of a data folder: those of its first start, which every later start takes again where it can.

Bookmarks, scripts and webhook receivers know a stack by them. Where another process has one, the part gets a
port by chance for this start.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.ports import KeptPorts, read_ports
from sandbox.private_files import write_private
from sandbox.up.addresses import PORTS, Addresses
from sandbox.up.configured_places import ConfiguredPlaces
from sandbox.up.servers.ports import holder


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
    addresses = Addresses.with_ports(wanted, configured=configured.ports, api_host=configured.api_host)
    ports: dict[str, int] = {name: getattr(addresses, name) for name in PORTS}
    taken = [
        PortTaken(port.part, port.what, want, ports[name], holder(want), usual=name in kept.usual)
        for name, port in PORTS.items()
        if name not in configured.ports and (want := wanted.get(name, 0)) not in (0, ports[name])
    ]
    ours = {name: got for name, got in ports.items() if PORTS[name].part in parts}
    chosen = {name: got for name, got in ours.items() if name not in configured.ports}
    write_private(file, KeptPorts(usual=chosen | kept.usual, now=ours).model_dump_json(indent=1))
    return addresses, taken


def _wanted(usual: Mapping[str, int], parts: Collection[str], *, well_known: bool) -> dict[str, int]:
    """The port that each address of these parts should have, 0 for any."""
    excluded = () if well_known else {port.well_known for port in PORTS.values()}
    wanted = {name: usual.get(name, port.well_known) for name, port in PORTS.items() if port.part in parts}
    return {name: 0 if want in excluded else want for name, want in wanted.items()}
