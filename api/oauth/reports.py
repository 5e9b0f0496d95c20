"""What the workflows are told of returns: at once, and where that fails in the background until it works.

An authorization is in its offer's row until it was told, so that any API process can tell it, one that starts
later too. A return from the consent page is told by the process that saw it, or by a reload of its result.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog

from api.gateway import Gateway
from muster.logging import correlation_id
from muster.store import link_offers, teams
from muster.store.link_offers import Offer
from muster.store.pool import UNAVAILABLE, Pool
from muster.temporal.attempts import Rejected, TemporalUnavailable
from workflows.contract import ArgumentT, Signal, Update
from workflows.team_setup.messages import Authorized, ConsentReturned, Deadlines, SetupAnswer, Start
from workflows.team_setup.workflow_type import AUTHORIZED, CONSENT_RETURNED, TEAM_SETUP

_ANSWER_WITHIN = 2.0
"""Seconds for which somebody's browser waits for the workflow."""
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
"""Seconds between two passes, twice as long each time."""
_MOST_WAITING = 1000

log = structlog.stdlib.get_logger(__name__)


class Reports:
    """Tells the workflows of teams."""

    def __init__(self, pool: Pool, gateway: Gateway, deadlines: Deadlines) -> None:
        self._pool = pool
        self._gateway = gateway
        self._deadlines = deadlines
        self._wanted = asyncio.Event()
        self._wanted.set()
        self._returns: dict[str, tuple[Offer, ConsentReturned]] = {}
        self._refused: set[int] = set()

    async def authorized(self, offer: Offer) -> bool:
        """Tell that an offer is spent; whether the workflow knows. Raises one of ``UNAVAILABLE``."""
        told = Authorized(offer=offer.id, correlation=correlation_id.get())
        if await self._ask(offer, AUTHORIZED, told, f"authorized-{offer.id}"):
            await link_offers.note_reported(self._pool, offer.id)
            return True
        self._wanted.set()
        return False

    async def consent_returned(self, offer: Offer, returned: ConsentReturned, flow: str) -> bool:
        """Tell that somebody came back; whether the workflow knows. Raises one of ``UNAVAILABLE``."""
        told = returned.model_copy(update={"correlation": correlation_id.get()})
        if await self._ask(offer, CONSENT_RETURNED, told, f"consent-returned-{flow}"):
            return True
        if len(self._returns) < _MOST_WAITING:
            self._returns[flow] = offer, told
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

    async def _ask(
        self, offer: Offer, update: Update[ArgumentT, SetupAnswer], told: ArgumentT, update_id: str
    ) -> bool:
        start = await self._start(offer)
        if start is None:
            return True
        answer_by = asyncio.get_running_loop().time() + _ANSWER_WITHIN
        try:
            answer = await self._gateway.ask(
                TEAM_SETUP, start, update, told, update_id=update_id, answer_by=answer_by
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
            told = Authorized(offer=offer.id)
            if offer.id not in self._refused and await self._tell(offer, AUTHORIZED.goes_on_as, told):
                await link_offers.note_reported(self._pool, offer.id)
        for flow, (offer, returned) in list(self._returns.items()):
            await self._tell(offer, CONSENT_RETURNED.goes_on_as, returned)
            del self._returns[flow]

    async def _tell(self, offer: Offer, signal: Signal[ArgumentT], told: ArgumentT) -> bool:
        start = await self._start(offer)
        if start is None:
            return True
        try:
            await self._gateway.signal(TEAM_SETUP, start, signal, told)
        except Rejected as error:
            log.error("a report of a return was refused", offer=offer.id, reason=str(error))
            self._refused.add(offer.id)
            return False
        log.info("a return was reported", offer=offer.id)
        return True
