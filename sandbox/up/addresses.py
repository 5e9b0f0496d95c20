"""Where each part listens: the usual port, or any where that is taken."""

from dataclasses import dataclass
from typing import Self

from sandbox.up.servers.ports import LOOPBACK, free_port

BOT_METADATA = "/bot/v1/.well-known/openidconfiguration"
"""Where the Teams simulator publishes who signs its Bot Framework tokens."""


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """One loopback port for everything that listens."""

    api_port: int
    start_port: int
    teams_port: int
    pagerduty_port: int
    token_port: int
    """Microsoft's token endpoint, over https."""
    temporal_port: int
    temporal_ui_port: int
    postgres_port: int
    worker_health_port: int
    playground_port: int

    @classmethod
    def pick(cls, *, usual: bool = True) -> Self:
        """Free ports; ``usual``: those that people know, where they are free."""
        known = {
            "api_port": 8080, "start_port": 8070, "teams_port": 8091, "pagerduty_port": 8092,
            "token_port": 8093, "temporal_port": 7233, "temporal_ui_port": 8233, "postgres_port": 0,
            "worker_health_port": 0, "playground_port": 56150,
        }  # fmt: skip
        picked: dict[str, int] = {}
        for name, port in known.items():
            picked[name] = free_port(port if usual else 0, avoid=picked.values())
        return cls(**picked)

    @property
    def api(self) -> str:
        """The product's public address."""
        return f"http://{LOOPBACK}:{self.api_port}"

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
    def playground(self) -> str:
        """Microsoft's Agents Playground; it listens on the name, not on the address."""
        return f"http://localhost:{self.playground_port}"

    @property
    def microsoft_authority(self) -> str:
        """Where the bot gets its own token."""
        return f"https://{LOOPBACK}:{self.token_port}"

    @property
    def service_url(self) -> str:
        """Teams' ``serviceUrl``: the base of the connector's calls."""
        return f"{self.teams}/teams/"

    @property
    def bot_endpoint(self) -> str:
        """Where Teams sends activities for the bot."""
        return f"{self.api}/api/messages"
