"""The address of each part: on its usual port, or on any port if that is taken."""

from dataclasses import dataclass
from typing import Self

from sandbox.up.servers.ports import LOOPBACK, free_port

BOT_METADATA = "/bot/v1/.well-known/openidconfiguration"
"""The path of the Teams simulator's Bot Framework metadata, which names the keys of its tokens."""


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """The loopback ports of all parts."""

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
        """Pick free ports; with ``usual``, the well-known one where it is free."""
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
        """Microsoft's Agents Playground; it listens on the name ``localhost``."""
        return f"http://localhost:{self.playground_port}"

    @property
    def microsoft_authority(self) -> str:
        """The authority from which the bot gets its token."""
        return f"https://{LOOPBACK}:{self.token_port}"

    @property
    def service_url(self) -> str:
        """The ``serviceUrl`` of activities: the base address of connector calls."""
        return f"{self.teams}/teams/"

    @property
    def bot_endpoint(self) -> str:
        """The bot's messaging address."""
        return f"{self.api}/api/messages"
