"""What PagerDuty says of people's rights, as commands ask for it."""

import asyncio
from dataclasses import dataclass, field

from workflows.connect_channel.activities import RightsRead
from workflows.errors import OutsideError
from workflows.rights import Rights, SeenService, ServiceTeam

PAYMENTS = ServiceTeam(id="PTEAM01", name="Payments")
CHECKOUT = SeenService(id="PSVC001", name="Checkout *API*", teams=(PAYMENTS,))
MANAGER = Rights(user="PUSER01", name="Ada Pager", role="user", service=CHECKOUT)

ALLOWED = RightsRead(rights=MANAGER)


@dataclass
class KnownRights:
    """Answers ``read``, or raises ``failure``; it answers while ``answering`` is set."""

    of: RightsRead = ALLOWED
    failure: OutsideError | None = None
    asked: list[tuple[int, str, str]] = field(default_factory=list)
    """Link, account and service of each question."""
    answering: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.answering.set()

    async def read(self, *, link: int, account: str, service: str) -> RightsRead:
        self.asked.append((link, account, service))
        await self.answering.wait()
        if self.failure is not None:
            raise self.failure
        return self.of
