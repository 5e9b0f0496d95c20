"""Where the API and the worker's health listen as the settings say: there or nowhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.up.addresses import PORTS
from sandbox.up.options import Options
from sandbox.up.servers.ports import LOOPBACK, why_not
from sandbox.up.start_refused import StartRefused

_VARIABLES = {
    "api_port": ("the API", "MUSTER_PORT"),
    "worker_health_port": ("the worker", "MUSTER_WORKER_HEALTH_PORT"),
}


@dataclass(frozen=True, kw_only=True)
class ConfiguredPlaces:
    """What is used as it is, and never moved."""

    api_host: str = LOOPBACK
    ports: Mapping[str, int] = field(default_factory=dict)
    """By field of :class:`sandbox.up.addresses.Addresses`."""


def configured_places(options: Options) -> ConfiguredPlaces:
    """What somebody chose; raises StartRefused where it cannot be had.

    With real registrations the usual port counts as chosen: Microsoft and PagerDuty were told of it.
    """
    host = options.api_host or LOOPBACK
    ports = dict(options.configured_ports)
    if options.real is not None and not options.any_ports:
        ports.setdefault("api_port", PORTS["api_port"].well_known)
    if reason := why_not(host, 0):
        raise StartRefused(
            f"nothing can listen on MUSTER_HOST, {host}: {reason}: name an address of this machine"
        )
    for name, port in ports.items():
        who, variable = _VARIABLES[name]
        if reason := why_not(host, port):
            raise StartRefused(
                f"{who} cannot listen on {host}, port {port}: {reason}: "
                f"stop what uses it, or set {variable} (MUSTER_HOST is the address)"
            )
    if len({*ports.values()}) < len(ports):
        raise StartRefused(
            f"the API and the worker cannot both listen on port {ports['api_port']}: "
            "give MUSTER_PORT and MUSTER_WORKER_HEALTH_PORT a port each"
        )
    return ConfiguredPlaces(api_host=host, ports=ports)
