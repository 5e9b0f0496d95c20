"""Where the API and the worker's health listen as the settings say: there or nowhere."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.up.options import Options
from sandbox.up.servers.ports import LOOPBACK
from sandbox.up.start_refused import StartRefused

_USUAL_PORT = 8080


@dataclass(frozen=True, kw_only=True)
class ConfiguredPlaces:
    """What is used as it is, and never moved."""

    api_host: str = LOOPBACK
    ports: Mapping[str, int] = field(default_factory=dict)
    """By field of :class:`sandbox.up.addresses.Addresses`."""


def configured_places(options: Options) -> ConfiguredPlaces:
    """What somebody chose; raises StartRefused where something else has it.

    With real registrations the usual port counts as chosen: Microsoft and PagerDuty were told of it.
    """
    host = options.api_host or LOOPBACK
    ports = dict(options.configured_ports)
    if options.real is not None and not options.any_ports:
        ports.setdefault("api_port", _USUAL_PORT)
    for name, port in ports.items():
        if name == "api_port":
            _require_free(host, port, "the API", "MUSTER_PORT")
        else:
            _require_free(host, port, "the worker", "MUSTER_WORKER_HEALTH_PORT")
    return ConfiguredPlaces(api_host=host, ports=ports)


def _require_free(host: str, port: int, who: str, variable: str) -> None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            # The servers bind with this option too; without it a port in TIME_WAIT would seem taken.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise StartRefused(
            f"{who} cannot listen on {host}, port {port}: {error.strerror or error}: "
            f"stop what uses it, or set {variable} (MUSTER_HOST is the address)"
        ) from None
