"""``ChannelIncident``: one PagerDuty incident in one Teams channel, from trigger to grace."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from workflows.ledger import Ledger
from workflows.messages import Click, ClickAnswer, Facts
from workflows.model import card as cards
from workflows.model.effects import EFFECTS, INCIDENT_EVENTS
from workflows.model.reduce import fold_event, highlight_of
from workflows.model.state import End, Start
from workflows.model.verbs import VERBS
from workflows.parts import CardPart, DetailsPart, HighlightsPart, PrivatePart
from workflows.presses import Presses
from workflows.recall import recall
from workflows.reconcile import Reconciler
from workflows.story import line_of


@workflow.defn(name="ChannelIncident")
class ChannelIncidentWorkflow:
    """Owns the one card of an incident in a conversation.

    Started by a PagerDuty webhook (signal-with-start) or by a press on the card of an ended run
    (update-with-start); id ``incident/{account}/{incident}/{channel}``. It folds every event into one
    state (``ledger``) and keeps three outside things in step with it: the card, the details that only
    REST knows, and the highlights in the thread. It ends when the incident is resolved, everything is
    shown and the grace has passed; a later event starts a new run, which first recalls what was shown.
    """

    @workflow.init
    def __init__(self, start: Start) -> None:
        self.ledger = Ledger(start)
        self.recalled = start.carried is not None or not start.remembered
        self.draining = False
        self.presses = Presses(self.ledger)
        self.card = CardPart(self.ledger)
        self.details = DetailsPart(self.ledger, self.presses.changing)
        self.parts = (
            self.card,
            self.details,
            HighlightsPart(self.ledger),
            PrivatePart(self.ledger),
        )
        self.reconcilers = [Reconciler(part, self.ledger, lambda: self.draining) for part in self.parts]
        for event_type in INCIDENT_EVENTS:
            workflow.set_signal_handler(event_type, self.fold)
        workflow.set_signal_handler("click", self.click)
        workflow.set_signal_handler("detach", self.detach)
        for verb in VERBS:
            workflow.set_update_handler(verb, self.act, validator=self.check)

    @workflow.run
    async def run(self, start: Start) -> End:
        """Recall, keep everything in step until the incident is over, end with nothing in flight."""
        self.ledger.tell_operators()  # a run that continues another has no details yet
        if not self.recalled:
            await recall(self.ledger)
            self.recalled = True
        while True:
            await self._keep_in_step_until_over()
            if self._must_continue() and not self._final():
                carried = {"carried": self.ledger.state, "remembered": True}
                workflow.continue_as_new(start.model_copy(update=carried))
            if self._final():
                return self._end()

    # What happens to it

    def fold(self, facts: Facts) -> None:
        """Signal under PagerDuty's own event name: what happened."""
        ledger, before = self.ledger, self.ledger.state
        if facts.event_type not in EFFECTS or facts.incident_id != ledger.start.incident_id:
            workflow.logger.warning("an event that is not this run's was dropped: %s", facts.event_id)
            return
        ledger.advance(fold_event(before, facts), facts.event_id, line_of(facts))
        if highlight := highlight_of(before, ledger.state, facts):
            ledger.state = cards.with_highlight(ledger.state, highlight)

    def detach(self) -> None:
        """Signal: the conversation is gone for us; nothing more is shown there."""
        self.ledger.state = self.ledger.state.model_copy(update={"detached": True})
        self.ledger.tell_operators()

    def check(self, click: Click) -> None:
        """Validator of every verb: names only, bad shapes never get here."""
        info = workflow.current_update_info()
        if info is not None and info.name != click.verb:
            raise ApplicationError(f"update {info.name} carries the verb {click.verb}", non_retryable=True)

    async def act(self, click: Click) -> ClickAnswer:
        """Update under the verb's name: a press of a button, answered with the card as it is then."""
        await workflow.wait_condition(lambda: self.recalled)
        outcome = await self.presses.settle(click)
        return ClickAnswer(outcome=outcome, view=self.ledger.view, stamped=self.ledger.stamped())

    async def click(self, click: Click) -> None:
        """Signal: a press whose answer the API could not wait for."""
        await workflow.wait_condition(lambda: self.recalled)
        await self.presses.settle_unwatched(click)

    # How long it lives

    async def _keep_in_step_until_over(self) -> None:
        """Drive the parts; return with nothing in flight and all handlers finished."""
        self.draining = False
        loops = [asyncio.create_task(reconciler.run()) for reconciler in self.reconcilers]
        loops.append(asyncio.create_task(self.card.settle_late_edits(lambda: self.draining)))
        await self._until_over(loops)
        for loop in loops:
            if loop.done():  # it broke: the task fails where operators see it, until a deploy mends it
                loop.result()
        self.draining = True
        await workflow.wait(loops)
        for loop in loops:
            loop.result()
        await workflow.wait_condition(workflow.all_handlers_finished)

    async def _until_over(self, loops: Sequence[asyncio.Task[None]]) -> None:
        """Return when the run should end or continue as new, or a loop broke; grace is kept after the
        last change.
        """

        def at_once() -> bool:
            return self._must_continue() or self.ledger.state.detached or any(loop.done() for loop in loops)

        while True:
            await workflow.wait_condition(lambda: at_once() or self._final())
            if at_once() or not self.card.showed:
                return
            try:
                await workflow.wait_condition(
                    lambda: at_once() or not self._final(),
                    timeout=timedelta(seconds=self.ledger.start.timing.grace),
                    timeout_summary="grace",
                )
            except TimeoutError:
                return

    def _must_continue(self) -> bool:
        return workflow.info().is_continue_as_new_suggested()

    def _final(self) -> bool:
        """The incident is over, and everything wanted is shown and said.

        Details that cannot be read do not keep a resolved incident's run alive. An incident of which nothing
        is known, and which PagerDuty does not know any more, has nothing to show.
        """
        ledger, state = self.ledger, self.ledger.state
        if state.detached:
            return True
        if state.snapshot is None:
            over = ledger.in_trouble("details", "NotFound")
        else:
            over = state.snapshot.status == "resolved"
        pending = (
            self.card.due()
            or (self.details.due() and not ledger.in_trouble("details"))
            or bool(state.highlights)
            or bool(state.private)
            or state.card.settle_at is not None
            or self.presses.busy()
            or any(reconciler.busy for reconciler in self.reconcilers)
        )
        return over and not pending

    def _end(self) -> End:
        state = self.ledger.state
        status = "detached" if state.detached else state.snapshot.status if state.snapshot else "unknown"
        return End(status=status, revision=state.card.shown_revision, orphans=state.card.orphans)
