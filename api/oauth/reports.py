"""What the workflows are told of returns: at once, and where that fails in the background until it works.

An authorization is in its offer's row, and a return from the consent page too, so that any API process can
tell them, one that starts later too.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog

from api.gateway import Gateway
from api.oauth.recipients import Recipients, Report
from muster.store import link_offers
from muster.store.link_offers import Offer
from muster.store.pool import UNAVAILABLE, Pool
from muster.temporal.attempts import Rejected, TemporalUnavailable

_ANSWER_WITHIN = 2.0
"""Seconds for which somebody's browser waits for the workflow."""
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
"""Seconds between two passes, twice as long each time."""

log = structlog.stdlib.get_logger(__name__)


class Reports:
    """Tells the workflows of teams and of people."""

    def __init__(self, pool: Pool, gateway: Gateway, recipients: Recipients) -> None:
        self._pool = pool
        self._gateway = gateway
        self._recipients = recipients
        self._wanted = asyncio.Event()
        self._wanted.set()
        self._refused: set[str] = set()

    async def tell(self, offer: Offer) -> bool:
        """Tell what the offer's row says; whether the workflow knows. Raises one of ``UNAVAILABLE``."""
        report = await self._recipients.report(offer)
        if report is None or await self._ask(offer, report):
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

    async def _ask(self, offer: Offer, report: Report) -> bool:
        answer_by = asyncio.get_running_loop().time() + _ANSWER_WITHIN
        try:
            answer = await self._gateway.ask(
                report.workflow_type,
                report.start,
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
            report = await self._recipients.report(offer)
            if report is None or (report.id not in self._refused and await self._signal(offer, report)):
                await link_offers.note_reported(self._pool, offer)

    async def _signal(self, offer: Offer, report: Report) -> bool:
        signal = report.update.goes_on_as
        try:
            await self._gateway.signal(report.workflow_type, report.start, signal, report.message)
        except Rejected as error:
            log.error("a report of a return was refused", offer=offer.id, reason=str(error))
            self._refused.add(report.id)
            return False
        log.info("a return was reported", offer=offer.id)
        return True
