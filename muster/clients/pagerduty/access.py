"""What everybody who asks PagerDuty needs: its account, a limit of time, and an answer that can be used."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from muster.config_file import PagerDutyAccount
from muster.payloads.rest import details_of_incident
from muster.payloads.values import EventUnusable
from workflows.errors import ProviderUnavailable, RequestInvalid
from workflows.incident.events import Details
from workflows.incident.stamps import Stamp


def account_of(accounts: Mapping[str, PagerDutyAccount], key: str) -> PagerDutyAccount:
    """The configured account; raises ``RequestInvalid`` where there is none of this key."""
    if key not in accounts:
        raise RequestInvalid(f"the PagerDuty account {key} is not in the configuration")
    return accounts[key]


@asynccontextmanager
async def bounded(seconds: float) -> AsyncIterator[None]:
    """End the block after so many seconds, with ``ProviderUnavailable``."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise ProviderUnavailable("PagerDuty, or the queue for it, took too long") from error


def details_of(incident: Mapping[str, object], *, read_for: Stamp | None = None) -> Details:
    """What a REST answer tells; raises ``ProviderUnavailable`` for one that cannot be used."""
    try:
        return details_of_incident(incident, read_for=read_for)
    except EventUnusable as error:
        raise ProviderUnavailable(f"PagerDuty broke its contract: {error}") from error
