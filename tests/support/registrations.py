"""A muster.toml with registrations that are not `muster up`'s own: those of simulators that run beside it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sandbox.company import Company
from sandbox.up.addresses import Addresses
from sandbox.up.product import sandbox_environment
from sandbox.up.servers.data_folder import DataFolder
from tests.contract.account import running_account
from tests.sandbox.microsoft_process import running_microsoft


@dataclass
class Registrations:
    """Simulators of Microsoft and PagerDuty, and the environment of a product with registrations there."""

    folder: Path
    teams: Company
    pagerduty: Company
    pagerduty_url: str
    environment: Mapping[str, str]

    def written(
        self, *, app_secret: str | None = None, client_secret: str | None = None, identity: str | None = None
    ) -> dict[str, str]:
        """The environment with a muster.toml that has the right secrets where no others are given."""
        tables = {
            "teams": {
                "tenant": self.teams.tenant_id,
                "app_id": self.teams.bot_app_id,
                "app_secret": app_secret or self.teams.bot_app_secret,
            },
            "pagerduty": {
                "subdomain": self.pagerduty.account,
                "client_id": self.pagerduty.client_id,
                "client_secret": client_secret or self.pagerduty.client_secret,
                "api_url": self.pagerduty_url,
                "identity_url": identity or self.pagerduty_url,
            },
        }
        lines: list[str] = []
        for table, values in tables.items():
            lines += [f"[[{table}]]", *(f"{key} = {json.dumps(value)}" for key, value in values.items())]
        config = self.folder / "muster.toml"
        config.write_text("\n".join(lines))
        return {**self.environment, "MUSTER_CONFIG": str(config)}


@contextmanager
def running_registrations(folder: Path) -> Iterator[Registrations]:
    """Both simulators as processes, until the block ends."""
    (folder / "account").mkdir()
    with running_microsoft(folder) as microsoft, running_account(folder / "account") as account:
        addresses = replace(Addresses.pick(), token_port=microsoft.tls_port)
        environment = sandbox_environment(DataFolder(folder), addresses)
        yield Registrations(folder, microsoft.company, account.company, account.http, environment)
