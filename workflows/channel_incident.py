"""``ChannelIncident``: one PagerDuty incident in one Teams channel, from trigger to grace."""

import asyncio
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

from workflows import clicking
from workflows.contract import (
    CHANGE_STATUS,
    READ_DETAILS,
    RECALL_CARD,
    RECALL_INCIDENT,
    RECORD_CLICK,
    REPLY,
    SHOW_CARD,
    TELL_PERSON,
    call,
)
from workflows.errors import failure_of
from workflows.messages import (
    CardKey,
    ChangeStatus,
    Click,
    ClickAnswer,
    Details,
    Facts,
    Outcome,
    ReadDetails,
    RecordClick,
    RecordedOutcome,
    Reply,
    ShowCard,
    TellPerson,
)
from workflows.model import card as cards
from workflows.model.effects import INCIDENT_EVENTS
from workflows.model.incident import Stamp
from workflows.model.look import fingerprint, look
from workflows.model.reduce import fold_details, fold_event, fold_outcome, highlight_of
from workflows.model.state import Card, Degradable, End, Start, State
from workflows.model.verbs import VERBS
from workflows.model.view import Stamped, View
from workflows.options import STALE_HIGHLIGHT
from workflows.reconcile import Reconciler
from workflows.story import (
    LONGEST_STORY,
    Line,
    attention_of,
    attributes_of,
    details_of,
    line_of,
    showing,
    title,
)


@workflow.defn(name="ChannelIncident")
class ChannelIncidentWorkflow:
    """Owns the one card of an incident in a conversation.

    Started by a PagerDuty webhook (signal-with-start) or by a press on the card of an ended run
    (update-with-start); id ``incident/{account}/{incident}/{channel}``. It folds every event into one
    state and keeps three outside things in step with it: the card, the details that only REST knows,
    and the highlights in the thread. It ends when the incident is resolved, everything is shown and
    the grace has passed; a later event starts a new run, which first recalls what was shown.
    """

    @workflow.init
    def __init__(self, start: Start) -> None:
        self.start = start
        self.key = CardKey(
            account=start.account, incident_id=start.incident_id, conversation=start.conversation.id
        )
        self.state = start.carried or State(card=Card(marker=self._draw(), nonce=self._draw()))
        self.recalled = start.carried is not None or not start.remembered
        self.because = ""
        self.story: tuple[Line, ...] = ()
        self.draining = False
        self.showed = False
        self.settling: set[str] = set()
        self.told: set[str] = set()
        self.status_lock = asyncio.Lock()
        self.view = self._look(self.state)
        self.attributes = {
            pair.key.name: pair.value for pair in workflow.info().typed_search_attributes.search_attributes
        }
        self.reconcilers = self._build_reconcilers(timedelta(seconds=start.timing.edit_interval))
        for event_type in INCIDENT_EVENTS:
            workflow.set_signal_handler(event_type, self.fold)
        workflow.set_signal_handler("click", self.click)
        workflow.set_signal_handler("detach", self.detach)
        for verb in VERBS:
            workflow.set_update_handler(verb, self.act, validator=self.check)

    @workflow.run
    async def run(self, start: Start) -> End:
        """Recall, keep everything in step until the incident is over, end with nothing in flight."""
        if not self.recalled:
            await self._recall()
        while True:
            loops = [asyncio.create_task(reconciler.run()) for reconciler in self.reconcilers]
            loops.append(asyncio.create_task(self._settle_late_edits()))
            await self._until_over()
            self.draining = True
            await workflow.wait(loops)
            for loop in loops:
                loop.result()
            await workflow.wait_condition(workflow.all_handlers_finished)
            if workflow.info().is_continue_as_new_suggested() and not self._final():
                workflow.continue_as_new(start.model_copy(update={"carried": self.state, "remembered": True}))
            if self._final():
                return self._end()
            self.draining = False

    # Events

    def fold(self, facts: Facts) -> None:
        """Signal under PagerDuty's own event name: what happened."""
        before = self.state
        self._advance(fold_event(before, facts), facts.event_id, line_of(facts))
        if highlight := highlight_of(before, self.state, facts):
            self.state = cards.with_highlight(self.state, highlight)

    def detach(self) -> None:
        """Signal: the conversation is gone for us; nothing more is shown there."""
        self.state = self.state.model_copy(update={"detached": True})

    # Buttons

    def check(self, click: Click) -> None:
        """Validator of every verb: names only, bad shapes never get here."""
        info = workflow.current_update_info()
        if info is not None and info.name != click.verb:
            raise ApplicationError(f"update {info.name} carries the verb {click.verb}", non_retryable=True)

    async def act(self, click: Click) -> ClickAnswer:
        """Update under the verb's name: a press of a button, answered with the card as it is then."""
        await workflow.wait_condition(lambda: self.recalled)
        outcome = await self._settle(click)
        return ClickAnswer(outcome=outcome, view=self.view, stamped=self._stamped())

    async def click(self, click: Click) -> None:
        """Signal: a press whose answer the API could not wait for; failures are told privately, once.

        The outcome may be known by now: its update ended after the API had given up on it.
        """
        await workflow.wait_condition(lambda: self.recalled)
        outcome = await self._settle(click)
        if outcome.kind in clicking.TOLD_PRIVATELY and click.key not in self.told:
            self.told.add(click.key)
            await self._tell(click, outcome)

    async def _settle(self, click: Click) -> Outcome:
        """The click's one outcome: the recorded one, or by judging and acting now."""
        while click.key in self.settling:  # whoever wakes first may be settling it again
            await workflow.wait_condition(lambda: click.key not in self.settling)
        if known := self._known(click):
            return known
        self.settling.add(click.key)
        try:
            outcome = await self._judge_and_act(click)
        finally:
            self.settling.discard(click.key)
        recorded = RecordedOutcome(key=click.key, outcome=outcome)
        self._advance(fold_outcome(self.state, recorded), click.correlation, clicking.line_of(click, outcome))
        self.state = cards.with_nonce(self.state, self._draw(), show=outcome.kind in clicking.MAY_BE_REPEATED)
        return outcome

    async def _judge_and_act(self, click: Click) -> Outcome:
        if (outcome := clicking.judge_person(click, self.key, workflow.now())) is not None:
            if outcome.kind == "unlinked":
                await self._tell(click, outcome)
            return await self._record(click, outcome)
        async with self.status_lock:
            outcome = clicking.judge_state(click, self.state)
            if outcome is None:
                return await self._change_status(click)
        return await self._record(click, outcome)

    async def _change_status(self, click: Click) -> Outcome:
        before = self.state.snapshot_stamp
        status = self.state.snapshot.status if self.state.snapshot else "triggered"
        request = ChangeStatus(card=self.key, click=click, known_status=status)
        try:
            changed = await call(CHANGE_STATUS, request, f"as {click.person.name}")
        except ActivityError as error:
            kind, _ = failure_of(error)
            return await self._record(click, clicking.failed(click, kind))
        if changed.details is not None:
            undisturbed = self.state.snapshot_stamp == before
            details = changed.details.model_copy(update={"reread": undisturbed})
            self._advance(fold_details(self.state, details, whole=False), click.correlation, None)
        return changed.outcome

    async def _record(self, click: Click, outcome: Outcome) -> Outcome:
        try:
            await call(RECORD_CLICK, RecordClick(card=self.key, click=click, outcome=outcome), outcome.kind)
        except ActivityError as error:
            workflow.logger.warning("a click's outcome stays in the history alone: %s", failure_of(error)[0])
        return outcome

    async def _tell(self, click: Click, outcome: Outcome) -> None:
        request = TellPerson(
            account=self.start.account,
            service_url=self.start.conversation.service_url,
            tenant=self.start.conversation.tenant,
            click=click,
            outcome=outcome,
            view=self.view,
        )
        try:
            await call(TELL_PERSON, request, f"{click.person.name} · {outcome.kind}")
        except ActivityError as error:
            self._trouble("private", failure_of(error)[0], None)
        else:
            self._trouble("private", None, None)

    def _known(self, click: Click) -> Outcome | None:
        return next((known.outcome for known in self.state.clicks if known.key == click.key), None)

    # Keeping outside things in step

    def _build_reconcilers(self, interval: timedelta) -> tuple[Reconciler, ...]:
        def draining() -> bool:
            return self.draining

        resting = {trouble.part: trouble.until for trouble in self.state.troubles}
        return (
            Reconciler(
                "card",
                due=self._card_is_due,
                act=self._show_card,
                draining=draining,
                trouble=self._trouble,
                failed=self._card_failed,
                interval=interval,
                not_before=resting.get("card"),
            ),
            Reconciler(
                "details",
                due=self._details_are_due,
                act=self._read_details,
                draining=draining,
                trouble=self._trouble,
                not_before=resting.get("details"),
            ),
            Reconciler(
                "highlights",
                due=self._highlight_is_due,
                act=self._say_highlight,
                draining=draining,
                trouble=self._trouble,
                not_before=resting.get("highlights"),
            ),
        )

    def _card_is_due(self) -> bool:
        return not self.state.detached and self.view is not None and cards.is_due(self.state.card)

    async def _show_card(self) -> None:
        view, card = self.view, self.state.card
        if view is None:
            return
        request = ShowCard(
            card=self.key,
            service_url=self.start.conversation.service_url,
            tenant=self.start.conversation.tenant,
            activity_id=card.activity_id,
            view=view,
            stamped=self._stamped(),
            content=card.content or "",
            correlation=self.state.cause,
        )
        self.state = cards.sending(self.state)
        shown = await call(SHOW_CARD, request, showing(request, self.because))
        self.state = cards.shown(self.state, request, shown)
        self.showed = True
        self._tell_operators()

    def _card_failed(self, kind: str) -> None:
        self.state = cards.not_shown(
            self.state,
            kind,
            marker=self._draw(),
            late_edit=workflow.now() + timedelta(seconds=self.start.timing.late_edit),
        )

    async def _settle_late_edits(self) -> None:
        """A lost edit may land after a later one: once it cannot any more, the latest is shown again."""
        while True:
            await workflow.wait_condition(lambda: self.draining or self.state.card.settle_at is not None)
            settle_at = self.state.card.settle_at
            if self.draining or settle_at is None:
                return
            try:
                await workflow.wait_condition(
                    lambda: self.draining,
                    timeout=max(settle_at - workflow.now(), timedelta(0)),
                    timeout_summary="a lost edit may land late",
                )
            except TimeoutError:
                self.state = cards.settled(self.state, settle_at)

    def _details_are_due(self) -> bool:
        """Details follow the first card, and never compete with a click that changes them."""
        state = self.state
        wanted = state.details_wanted is not None and (
            state.details_read is None or state.details_read < state.details_wanted
        )
        missing = state.snapshot is None or self._recall_is_incomplete()
        ready = missing or state.card.activity_id is not None or bool(state.troubles)
        return (
            not state.detached and not self.settling and ready and (wanted or missing or state.reread_wanted)
        )

    def _recall_is_incomplete(self) -> bool:
        return any(trouble.part == "recall" for trouble in self.state.troubles)

    async def _read_details(self) -> None:
        again = self.state.reread_wanted
        request = self._details_request(
            fresh=again or self.state.details_wanted is None or self._recall_is_incomplete()
        )
        details = await call(READ_DETAILS, request, "responders, acknowledgers")
        self._fold_details(details.model_copy(update={"reread": again}))
        self._trouble("recall", None, None)

    def _highlight_is_due(self) -> bool:
        return (
            bool(self.state.highlights)
            and not self.state.detached
            and self.state.card.activity_id is not None
            and not cards.is_due(self.state.card)
        )

    async def _say_highlight(self) -> None:
        """Said at most once: an unknown outcome is not repeated, and is no reason to wait."""
        view, highlight = self.view, self.state.highlights[0]
        activity_id = self.state.card.activity_id
        if view is None or activity_id is None:
            return
        if workflow.now() - highlight.stamp.at > STALE_HIGHLIGHT:
            self.state = cards.without_highlight(self.state, highlight)
            return
        request = Reply(
            card=self.key,
            service_url=self.start.conversation.service_url,
            tenant=self.start.conversation.tenant,
            activity_id=activity_id,
            transition=highlight.transition,
            at=highlight.second,
            view=view,
            by=highlight.by,
            correlation=highlight.stamp.event_id,
        )
        try:
            await call(REPLY, request, highlight.transition.replace("_", " "))
        except ActivityError as error:
            if failure_of(error)[0] != "OutcomeUnknown":
                raise
            workflow.logger.warning("a highlight's outcome is unknown; it is not repeated")
        self.state = cards.without_highlight(self.state, highlight)

    # Beginning and end

    async def _recall(self) -> None:
        """A run that follows an ended one must not forget: the row, then PagerDuty's incident."""
        while True:
            try:
                remembered = await call(RECALL_CARD, self.key, "what was shown")
                break
            except ActivityError as error:
                self._trouble("recall", failure_of(error)[0], None)
        self.state = cards.recalled(self.state, remembered, marker=self._draw())
        self._trouble("recall", None, None)
        try:
            details = await call(RECALL_INCIDENT, self._details_request(fresh=True), "as it is now")
        except ActivityError as error:
            self._trouble("recall", failure_of(error)[0], None)
        else:
            self._fold_details(details)
        self._advance(cards.without_old_news(self.state), self.state.cause, None)
        self.recalled = True

    async def _until_over(self) -> None:
        """Return when the run should end or continue as new; grace is kept after the last change."""
        while True:
            await workflow.wait_condition(lambda: self._must_continue() or self._final())
            if self._must_continue() or self.state.detached or not self.showed:
                return
            try:
                await workflow.wait_condition(
                    lambda: self._must_continue() or not self._final() or self.state.detached,
                    timeout=timedelta(seconds=self.start.timing.grace),
                    timeout_summary="grace",
                )
            except TimeoutError:
                return

    def _must_continue(self) -> bool:
        return workflow.info().is_continue_as_new_suggested()

    def _final(self) -> bool:
        """The incident is over and everything wanted is shown and said."""
        if self.state.detached:
            return True
        resolved = self.state.snapshot is not None and self.state.snapshot.status == "resolved"
        pending = (
            self._card_is_due()
            or self._details_are_due()
            or bool(self.state.highlights)
            or self.state.card.settle_at is not None
            or bool(self.settling)
            or any(reconciler.busy for reconciler in self.reconcilers)
        )
        return resolved and not pending

    def _end(self) -> End:
        snapshot, card = self.state.snapshot, self.state.card
        status = "detached" if self.state.detached else snapshot.status if snapshot else "unknown"
        return End(status=status, revision=card.shown_revision, orphans=card.orphans)

    # One place where state changes

    def _advance(self, state: State, cause: str, line: Line | None) -> None:
        """Take the folded state; where it looks different, it is a new revision with a new nonce."""
        view = self._look(state)
        content = fingerprint(view) if view else None
        if content is not None and content != state.card.content:
            state = cards.revised(state, content, nonce=self._draw(), cause=cause)
            view = self._look(state)
            self.because = line.what if line else ""
        self.state, self.view = state, view
        if line is not None:
            self.story = (*self.story, line)[-LONGEST_STORY:]
        self._tell_operators()

    def _fold_details(self, details: Details) -> None:
        self._advance(fold_details(self.state, details), self.state.cause, None)

    def _details_request(self, *, fresh: bool) -> ReadDetails:
        return ReadDetails(
            account=self.start.account,
            incident_id=self.start.incident_id,
            wanted=self.state.details_wanted or Stamp(at=workflow.now()),
            fresh=fresh,
            correlation=self.state.cause,
        )

    def _trouble(self, part: Degradable, reason: str | None, until: datetime | None) -> None:
        troubled = cards.with_trouble(self.state, part, reason, until)
        if troubled is not self.state:
            self._advance(troubled, self.state.cause, None)

    def _look(self, state: State) -> View | None:
        return look(state, account=self.start.account, incident_id=self.start.incident_id)

    def _stamped(self) -> Stamped:
        return Stamped(marker=self.state.card.marker, nonce=self.state.card.nonce)

    def _draw(self) -> str:
        return f"{workflow.random().getrandbits(64):016x}"

    def _tell_operators(self) -> None:
        """Details cost nothing until they are looked at; attributes are written only when they change."""
        snapshot = self.state.snapshot
        service = snapshot.service.name if snapshot and snapshot.service else None
        number = snapshot.number if snapshot else None
        name = title(number, self.start.incident_id, service, self.start.conversation.label)
        workflow.set_current_details(details_of(name, self.state, self.story))
        wanted = attributes_of(
            self.start.account,
            self.start.incident_id,
            self.start.conversation,
            self.state.snapshot,
            attention_of(self.state),
        )
        changed = {key: value for key, value in wanted.items() if value != self.attributes.get(key.name)}
        if changed:
            self.attributes |= {key.name: value for key, value in changed.items()}
            workflow.upsert_search_attributes(
                [
                    key.value_unset() if value is None else key.value_set(value)
                    for key, value in changed.items()
                ]
            )
