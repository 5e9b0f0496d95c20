"""An incident whose events arrive, as the webhook route takes them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from muster.store.pool import Connection, Pool
from muster.store.targets import Concerned, Target, find_and_register
from tests.support.company import ACCOUNT, CHECKOUT, OPS
from workflows.bringing_in.activities import OfConnection

CONNECTED_AT = datetime(2026, 1, 1, 10, 0, 0, 700_000, tzinfo=UTC)
SECOND = CONNECTED_AT.replace(microsecond=0)
"""The second of the connection: PagerDuty tells creation times in whole seconds."""

CHECKOUT_IN_OPS = OfConnection(account=ACCOUNT, service=CHECKOUT, conversation=OPS)


@dataclass
class Incident:
    """Asks as the webhook route does."""

    pool: Pool | Connection
    id: str = "Q1"

    async def concerned(
        self,
        *,
        service: str | None = CHECKOUT,
        is_open: bool = True,
        just_matched: bool = False,
        created_at: datetime | None = SECOND,
    ) -> Concerned:
        return await find_and_register(
            self.pool,
            account=ACCOUNT,
            incident_id=self.id,
            service=service,
            is_open=is_open,
            just_matched=just_matched,
            created_at=created_at,
        )

    async def event(self, **told: Any) -> tuple[Target, ...]:
        """The cards that an event of the incident concerns, which says what ``concerned`` takes."""
        return (await self.concerned(**told)).cards

    async def note(self) -> tuple[Target, ...]:
        """An event that names its incident and nothing else."""
        return await self.event(service=None, is_open=False, created_at=None)

    async def rows(self) -> list[str]:
        found = await self.pool.fetch(
            "SELECT conversation FROM incident_card WHERE incident_id = $1 ORDER BY conversation", self.id
        )
        return [row["conversation"] for row in found]
