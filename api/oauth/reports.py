"""What the workflows are told of returns: at once, and where that fails in the background until it works.

An authorization is in its offer's row, and a return from the consent page too, so that any API process can
tell them, one that starts later too.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, NamedTuple

import structlog

from api.gateway import Gateway
from muster.logging import correlation_id
from muster.store import link_offers, teams
from muster.store.link_offers import Offer
from muster.store.pool import UNAVAILABLE, Pool
from muster.temporal.attempts import Rejected, TemporalUnavailable
from workflows.contract import Update
from workflows.team_setup.messages import Authorized, ConsentReturned, Deadlines, SetupAnswer, Start
from workflows.team_setup.workflow_type import AUTHORIZED, CONSENT_RETURNED, TEAM_SETUP
from workflows.values import Value

_ANSWER_WITHIN = 2.0
"""Seconds for which somebody's browser waits for the workflow."""
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
"""Seconds between two passes, twice as long each time."""

log = structlog.stdlib.get_logger(__name__)


class _Report(NamedTuple):
    """What a workflow is told of an offer, as its row is."""

    update: Update[Any, SetupAnswer]
    message: Value
    id: str
    """Tells it from every other report."""


class Reports:
    """Tells the workflows of teams."""

    def __init__(self, pool: Pool, gateway: Gateway, deadlines: Deadlines) -> None:
        self._pool = pool
        self._gateway = gateway
        self._deadlines = deadlines
        self._wanted = asyncio.Event()
        self._wanted.set()
        self._refused: set[str] = set()

    async def tell(self, offer: Offer) -> bool:
        """Tell what the offer's row says; whether the workflow knows. Raises one of ``UNAVAILABLE``."""
        if await self._ask(offer, _report_of(offer)):
            await link_offers.note_reported(self._pool, offer)
            return True
        self._wanted.set()
        return False

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Reports"]:
        """Tell in the background what is not told yet, now and whenever telling it at once failed."""
        task = asyncio.create_task(self._tell_for_ever())
        try:
            yield self
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _ask(self, offer: Offer, report: _Report) -> bool:
        start = await self._start(offer)
        if start is None:
            return True
        answer_by = asyncio.get_running_loop().time() + _ANSWER_WITHIN
        try:
            answer = await self._gateway.ask(
                TEAM_SETUP,
                start,
                report.update,
                report.message,
                update_id=report.id,
                answer_by=answer_by,
            )
        except TemporalUnavailable as error:
            log.warning("a return could not be reported yet", offer=offer.id, reason=str(error))
            return False
        except Rejected as error:
            log.error("a report of a return was refused", offer=offer.id, reason=str(error))
            return False
        return answer is not None

    async def _start(self, offer: Offer) -> Start | None:
        team = await teams.find(self._pool, offer.team)
        return team.start(self._deadlines) if team is not None else None

    async def _tell_for_ever(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                await self._tell_all()
                pause = _FIRST_PAUSE
            except (TemporalUnavailable, *UNAVAILABLE) as error:
                log.warning("returns are still to be reported", reason=type(error).__name__)
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
                self._wanted.set()
            except Exception:
                # Nobody awaits it: whatever it is, it has to be said here, and must not end the telling.
                log.exception("returns could not be reported")
                await asyncio.sleep(_LONGEST_PAUSE)
                self._wanted.set()

    async def _tell_all(self) -> None:
        """Signal, which needs no worker: Temporal keeps it until one is there."""
        for offer in await link_offers.unreported(self._pool):
            report = _report_of(offer)
            if report.id not in self._refused and await self._signal(offer, report):
                await link_offers.note_reported(self._pool, offer)

    async def _signal(self, offer: Offer, report: _Report) -> bool:
        start = await self._start(offer)
        if start is None:
            return True
        try:
            await self._gateway.signal(TEAM_SETUP, start, report.update.goes_on_as, report.message)
        except Rejected as error:
            log.error("a report of a return was refused", offer=offer.id, reason=str(error))
            self._refused.add(report.id)
            return False
        log.info("a return was reported", offer=offer.id)
        return True


def _report_of(offer: Offer) -> _Report:
    correlation = correlation_id.get()
    if offer.kind == "authorize":
        authorized = Authorized(offer=offer.id, correlation=correlation)
        return _Report(AUTHORIZED, authorized, f"authorized-{offer.id}")
    returned = ConsentReturned(offer=offer.id, refused=offer.return_refused is True, correlation=correlation)
    at = offer.returned_at.timestamp() if offer.returned_at else 0
    return _Report(CONSENT_RETURNED, returned, f"consent-returned-{offer.id}-{at:.6f}")
