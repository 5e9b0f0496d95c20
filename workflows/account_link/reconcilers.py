"""What follows the state outside: the rows, and the clicks that met no link. Messages stand elsewhere."""

import asyncio
from datetime import timedelta

from temporalio.exceptions import ActivityError

from workflows.account_link.activities import (
    DO_MET_CLICK,
    MAKE_PERSONAL_OFFER,
    DoMetClick,
    MakePersonalOffer,
)
from workflows.account_link.fold import expired, waiting_for_doing
from workflows.account_link.restore import follow_row
from workflows.account_link.run_state import RunState
from workflows.account_link.state import ClickEnding, KeptClick, Link, MetClick
from workflows.contract import call
from workflows.errors import failure_of
from workflows.markdown import as_markdown
from workflows.options import LATE_CLICK
from workflows.reconcile import Reconciler

_NAME_LIMIT = 160
"""Most bytes of a name; Temporal takes 400 bytes of a summary."""


class LinkReconciler(Reconciler):
    """One that follows the state of an offer, and keeps a run alive until it does, unless only people can."""

    def __init__(self, run: RunState) -> None:
        self._run = run

    def holds_run(self) -> bool:
        """An outage keeps a run alive that is over; what only people can mend does not."""
        return self.is_due() and not self._run.needs_people(self.name)


class RowReconciler(LinkReconciler):
    """The offer's time is over, or it was spent: asks the row, by whose clock it is, what became of it."""

    name = "link"

    def is_due(self) -> bool:
        """The row is to be asked."""
        return self._run.state.row_asks > 0

    async def reconcile(self) -> None:
        """Ask, and fold what the row says; what happens meanwhile is asked for again."""
        run = self._run
        asks, link = run.state.row_asks, run.state.link
        if link is not None and link.id is None:  # no row was ever made
            run.apply(expired(run.state))
        else:
            await follow_row(run, "is the offer open?")
        run.apply(run.state.replace(row_asks=max(0, run.state.row_asks - asks)))


class OfferReconciler(LinkReconciler):
    """Makes the row of the offer that is wanted."""

    name = "offer"

    def is_due(self) -> bool:
        """An offer is wanted that has no row yet."""
        return self._wanted() is not None

    def _wanted(self) -> Link | None:
        state = self._run.state
        return state.link if state.step == "open" and state.link and state.link.id is None else None

    def urgencies(self) -> int:
        """Whoever asks for another one does not wait."""
        return self._run.state.requests

    async def reconcile(self) -> None:
        """Make it."""
        run = self._run
        if (wanted := self._wanted()) is None:
            return
        offered = await call(
            MAKE_PERSONAL_OFFER,
            MakePersonalOffer(
                tenant=run.start.tenant,
                person=run.start.person.aad_object_id,
                account=run.start.account,
                request=wanted.request,
                life=run.deadlines.link,
            ),
            as_markdown(run.start.person.name, _NAME_LIMIT),
        )
        if run.state.link != wanted:  # another one is asked for meanwhile, or its time is over
            return
        made = wanted.model_copy(update={"id": offered.id, "expires_at": offered.expires_at})
        run.apply(run.state.replace(link=made))
        if not offered.is_open:
            run.apply(run.state.with_row_asked())


class ClickReconciler(LinkReconciler):
    """Has the clicks done that met no link, once their person is linked, and notes how they ended."""

    name = "met_click"

    def is_due(self) -> bool:
        """One is to be done."""
        return bool(waiting_for_doing(self._run.state))

    def holds_run(self) -> bool:
        """They come to their end within minutes: an incident's run reports a click that is later."""
        return self.is_due()

    async def reconcile(self) -> None:
        """Ask the incidents' runs, all at once: none of them holds up the click on another card."""
        waiting = waiting_for_doing(self._run.state)
        for failed in await asyncio.gather(*(self._do(met) for met in waiting), return_exceptions=True):
            if failed is not None:
                raise failed

    async def _do(self, met: MetClick) -> None:
        """Ask one; whatever happens, the person hears of it in the end. Raises ActivityError."""
        run = self._run
        if (known := run.state.known) is None:
            return
        request = DoMetClick(person=run.start.person, met=met, link=known.id)
        try:
            ending = await call(DO_MET_CLICK, request, as_markdown(met.title, _NAME_LIMIT))
        except ActivityError as error:
            failure = failure_of(error)
            is_late = run.now - met.click.received_at > LATE_CLICK + timedelta(seconds=run.deadlines.click)
            if failure.pace == "person" or is_late:
                self._note(met, ClickEnding(kind="unknown"))
            raise
        self._note(met, ending)

    def _note(self, met: MetClick, ending: ClickEnding) -> None:
        state = self._run.state
        if state.step == "linked":
            clicks = (KeptClick(met=met, ending=ending) if one.met == met else one for one in state.clicks)
            self._run.apply(state.replace(clicks=tuple(clicks)))
