"""The address of each part, and the port that it is known by."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from sandbox.up.servers.ports import LOOPBACK, free_port

BOT_METADATA = "/bot/v1/.well-known/openidconfiguration"
"""The path of the Teams simulator's Bot Framework metadata, which names the keys of its tokens."""


@dataclass(frozen=True)
class Port:
    """A port of a part."""

    part: str
    what: str
    """What listens there, as a sentence names it."""
    well_known: int = 0
    """The port that the documentation names; 0 for any."""


PORTS: Mapping[str, Port] = {
    "api_port": Port("api", "the product's API", 8080),
    "start_port": Port("start", "the start page", 8070),
    "teams_port": Port("teams", "Teams", 8091),
    "pagerduty_port": Port("pagerduty", "PagerDuty", 8092),
    "token_port": Port("microsoft", "Microsoft's token endpoint", 8093),
    "pagerduty_https_port": Port("pagerduty", "PagerDuty over https", 8094),
    "microsoft_port": Port("microsoft", "Microsoft's sign-in", 8095),
    "temporal_port": Port("temporal", "Temporal", 7233),
    "temporal_ui_port": Port("temporal", "Temporal's UI", 8233),
    "postgres_port": Port("postgres", "Postgres"),
    "worker_health_port": Port("worker", "the worker's health"),
    "playground_port": Port("playground", "the Agents Playground", 56150),
}
"""By field of :class:`Addresses`."""

ON_API_HOST = frozenset({"api_port", "worker_health_port"})
"""The ports of ``Addresses.api_host``; the others are on loopback."""


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """The ports of all parts."""

    api_port: int
    start_port: int
    teams_port: int
    pagerduty_port: int
    token_port: int
    """Microsoft's token endpoint and Graph, over https."""
    pagerduty_https_port: int
    microsoft_port: int
    """Microsoft's pages, over plain http."""
    temporal_port: int
    temporal_ui_port: int
    postgres_port: int
    worker_health_port: int
    playground_port: int
    api_host: str = LOOPBACK
    """Where the API and the worker's health listen."""

    @classmethod
    def with_ports(
        cls, wanted: Mapping[str, int], *, configured: Mapping[str, int], api_host: str = LOOPBACK
    ) -> Self:
        """Take the ports that are ``wanted``, by field, where they are free, and others by chance.

        Ports that are ``configured`` are taken as they are. A port by chance is none that is wanted or
        well-known.
        """
        reserved = {*wanted.values(), *(port.well_known for port in PORTS.values())}
        ports = dict(configured)
        for name in PORTS:
            if name not in ports:
                want = wanted.get(name, 0)
                host = api_host if name in ON_API_HOST else LOOPBACK
                ports[name] = free_port(want, avoid={*ports.values(), *(reserved - {want})}, host=host)
        return cls(**ports, api_host=api_host)

    @classmethod
    def pick(
        cls, *, usual: bool = True, configured: Mapping[str, int] | None = None, api_host: str = LOOPBACK
    ) -> Self:
        """Pick ports that are kept nowhere; with ``usual``, the well-known one where it is free."""
        wanted = {name: port.well_known for name, port in PORTS.items()} if usual else {}
        return cls.with_ports(wanted, configured=configured or {}, api_host=api_host)

    @property
    def api(self) -> str:
        """The product's public address, as this machine reaches it."""
        host = self.reachable_api_host
        return f"http://[{host}]:{self.api_port}" if ":" in host else f"http://{host}:{self.api_port}"

    @property
    def reachable_api_host(self) -> str:
        """The host by which this machine reaches what listens on ``api_host``."""
        return {"0.0.0.0": LOOPBACK, "": LOOPBACK, "::": "::1"}.get(self.api_host, self.api_host)

    @property
    def start(self) -> str:
        """The start page."""
        return f"http://{LOOPBACK}:{self.start_port}"

    @property
    def teams(self) -> str:
        """The Teams simulator and its page."""
        return f"http://{LOOPBACK}:{self.teams_port}"

    @property
    def pagerduty(self) -> str:
        """The PagerDuty simulator and its page."""
        return f"http://{LOOPBACK}:{self.pagerduty_port}"

    @property
    def pagerduty_identity(self) -> str:
        """PagerDuty's identity host: a name of its own, so that cookies behave as on the internet."""
        return f"http://localhost:{self.pagerduty_port}"

    @property
    def pagerduty_https(self) -> str:
        """The PagerDuty simulator's REST interface for clients that refuse http."""
        return f"https://{LOOPBACK}:{self.pagerduty_https_port}"

    @property
    def playground(self) -> str:
        """Microsoft's Agents Playground; it listens on the name ``localhost``."""
        return f"http://localhost:{self.playground_port}"

    @property
    def microsoft_authority(self) -> str:
        """The authority from which the bot gets its token, and Graph."""
        return f"https://{LOOPBACK}:{self.token_port}"

    @property
    def microsoft(self) -> str:
        """Microsoft's pages. Their cookies are kept apart from the product's by another host name."""
        return f"http://localhost:{self.microsoft_port}"

    @property
    def service_url(self) -> str:
        """The ``serviceUrl`` of activities: the base address of connector calls."""
        return f"{self.teams}/teams/"

    @property
    def bot_endpoint(self) -> str:
        """The bot's messaging address."""
        return f"{self.api}/api/messages"

    def webhooks(self, account: str) -> str:
        """Where the account's webhook subscription sends."""
        return f"{self.api}/webhooks/pagerduty/{account}"
