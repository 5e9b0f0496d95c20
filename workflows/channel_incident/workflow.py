"""``ChannelIncident``: one PagerDuty incident in one Teams conversation, from trigger to grace."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from workflows.channel_incident.announcements import (
    LINK_NOTES_ARE_NO_NEWS,
    AnnouncementsReconciler,
    is_of_link_note,
    with_news,
    with_preset,
)
from workflows.channel_incident.answers import Answers
from workflows.channel_incident.card import CardReconciler, with_message_in_doubt
from workflows.channel_incident.clicks import Clicks
from workflows.channel_incident.details import DetailsReconciler
from workflows.channel_incident.following import (
    SubscriptionReconciler,
    is_follow_news,
    with_end_heard,
    with_follower,
    with_following,
    with_reread,
)
from workflows.channel_incident.messages import Attached, ClickAnswer, End, Followed, PresetChosen, Start
from workflows.channel_incident.orphans import OrphansReconciler
from workflows.channel_incident.private_messages import PrivateMessagesReconciler
from workflows.channel_incident.restore import restore
from workflows.channel_incident.room import with_room
from workflows.channel_incident.run_state import RunState
from workflows.channel_incident.timeline import (
    entry_of_attached,
    entry_of_end,
    entry_of_event,
    entry_of_followed,
    entry_of_preset,
    entry_of_room,
)
from workflows.channel_incident.workflow_type import (
    ATTACH,
    CHANNEL_INCIDENT,
    CHOOSE_PRESET,
    CLICK,
    CLICKS,
    DETACH,
    END_CARD,
    EVENTS,
    FOLLOW,
    ROOM,
)
from workflows.draining import drain
from workflows.errors import NotFound
from workflows.following import Following
from workflows.handlers import takes_signals, takes_updates
from workflows.incident.events import IncidentEvent
from workflows.incident.news import announcement_of, is_urgent
from workflows.incident.reduce import fold_event
from workflows.reconcile import ReconcileLoop
from workflows.room import Room
from workflows.verbs.click import Click
from workflows.verbs.registry import CARD_VERBS, VERBS


@workflow.defn(name=CHANNEL_INCIDENT.name)
@takes_signals(EVENTS, "fold")
@takes_updates(CLICKS, "answer_click", validator="check_click")
class ChannelIncidentWorkflow:
    """Owns the one card of an incident in a conversation.

    Started by a PagerDuty webhook, by whoever follows the incident here or brings it in (signal-with-start),
    or by a click on the card of an ended run (update-with-start); id
    ``incident/{account}/{incident}/{channel}``. It folds every event into one state (``RunState``) and keeps
    the outside in sync with it: the card, the details that only REST knows, the announcements beside it,
    private messages, orphans, the subscription that its events need. It ends when the
    incident is resolved, everything is shown and the grace has passed, or when somebody stopped following it
    and the last state is shown. A later event starts a new run, which first restores what was shown.
    """

    @workflow.init
    def __init__(self, start: Start) -> None:
        self.run_state = RunState(start)
        # What somebody follows they may have stopped since the start's row was read.
        self.restored = start.carried is not None or not (start.stored or start.following)
        self.clicks = Clicks(self.run_state)
        self.card = CardReconciler(self.run_state)
        self.answers = Answers(self.run_state)
        self.reconcilers = (
            self.card,
            DetailsReconciler(self.run_state, self.clicks.is_changing_status),
            AnnouncementsReconciler(self.run_state, self.clicks.is_changing_status),
            PrivateMessagesReconciler(self.run_state),
            OrphansReconciler(self.run_state),
            SubscriptionReconciler(self.run_state),
        )
        self.loops = [ReconcileLoop(reconciler, self.run_state) for reconciler in self.reconcilers]

    @workflow.run
    async def run(self, start: Start) -> End:
        """Restore, keep everything in sync until the incident is over, end with nothing in flight."""
        self.run_state.publish()  # a run that continues another has no details yet
        if not self.restored:
            await restore(self.run_state)
            self.restored = True
        while True:
            await self._keep_in_sync_until_over()
            if self._must_continue() and not self._final():
                carried = {"carried": self.run_state.state, "stored": True}
                workflow.continue_as_new(start.model_copy(update=carried))
            if self._final():
                return self._end()

    # What happens to it

    def fold(self, event: IncidentEvent) -> None:
        """Signal under PagerDuty's own event name: what happened."""
        run, state = self.run_state, self.run_state.state
        if event.event_type not in EVENTS or event.incident_id != run.start.incident_id:
            workflow.logger.warning("an event that is not this run's was dropped: %s", event.event_id)
            return
        incident = fold_event(state.incident, event)
        news = announcement_of(state.incident, incident, event)
        if is_of_link_note(news) and workflow.patched(LINK_NOTES_ARE_NO_NEWS):
            news = None
        if is_urgent(state.incident, incident, event):
            run.urgencies += 1
        run.apply(
            with_news(state.replace(incident=incident), news),
            cause=event.event_id,
            entry=entry_of_event(event),
        )

    @workflow.signal(name=DETACH.name)
    def detach(self) -> None:
        """Signal: the conversation is gone for us; nothing more is shown there."""
        self.run_state.apply(self.run_state.state.replace(detached=True))

    @workflow.signal(name=ATTACH.name)
    def attach(self, attached: Attached) -> None:
        """Signal: the incident is shown here, as PagerDuty tells it now. It says nothing of what happened."""
        run = self.run_state
        state = run.state.replace(detached=False, cause=run.state.cause or attached.correlation)
        state = with_reread(state)  # events may have passed the conversation by
        if attached.by is None:
            state = with_message_in_doubt(state)
        if attached.by_connection:
            state = with_following(state, None, marker=run.draw())
        elif state.following is not None:  # nothing may have needed the account's events meanwhile
            state = state.replace(subscribed=False)
        run.apply(state, entry=entry_of_attached(attached, workflow.now()))

    @workflow.signal(name=FOLLOW.name)
    def follow(self, followed: Followed) -> None:
        """Signal: somebody follows the incident here, and its row says so."""
        run = self.run_state
        if is_follow_news(run.state, followed):
            state = with_follower(run.state, followed, marker=run.draw())
            state = state.replace(cause=state.cause or followed.correlation)
            run.apply(state, entry=entry_of_followed(followed, workflow.now()))

    @workflow.signal(name=CHOOSE_PRESET.name)
    def choose_preset(self, message: PresetChosen) -> None:
        """Signal: somebody chose how much is said beside the card, and its row says so."""
        run = self.run_state
        run.apply(with_preset(run.state, message.chosen), entry=entry_of_preset(message, workflow.now()))

    @workflow.signal(name=END_CARD.name)
    def end_card(self, ended: Following) -> None:
        """Signal: the chat is archived, or a program stopped it here, and the card's row says so."""
        run = self.run_state
        run.apply(with_end_heard(run.state, ended), entry=entry_of_end(ended, workflow.now()))

    @workflow.signal(name=ROOM.name)
    def hear_of_room(self, room: Room) -> None:
        """Signal: how the chat that was made for the incident stands."""
        run = self.run_state
        state = with_room(run.state, room)
        if state is not run.state:  # an older telling, or the same once more, is none
            run.apply(state, entry=entry_of_room(room, workflow.now()))

    def check_click(self, click: Click) -> None:
        """Validator of every verb: names only, bad shapes never get here."""
        info = workflow.current_update_info()
        if info is not None and info.name != click.verb:
            raise ApplicationError(f"update {info.name} carries the verb {click.verb}", non_retryable=True)

    async def answer_click(self, click: Click) -> ClickAnswer:
        """Update under the verb's name: a click, answered with the card as it is then."""
        await workflow.wait_condition(lambda: self.restored)
        outcome = await self.clicks.handle(click)
        self.answers.give(outcome)
        return ClickAnswer(outcome=outcome, view=self.run_state.view, identity=self.run_state.identity)

    @workflow.signal(name=CLICK.name)
    async def take_click(self, click: Click) -> None:
        """Signal: a click whose answer the API could not wait for, or another run's, on an orphan."""
        if click.verb not in VERBS:
            workflow.logger.warning("a click of an unknown verb was dropped: %s", click.verb)
            return
        await workflow.wait_condition(lambda: self.restored)
        if click.verb in CARD_VERBS:
            await self.clicks.handle_unwatched(click)
        else:
            self.clicks.note_orphan(click)

    # How long it lives

    async def _keep_in_sync_until_over(self) -> None:
        """Drive the reconcilers; return with nothing in flight and all handlers finished."""
        self.run_state.draining = False
        tasks = [asyncio.create_task(loop.drive()) for loop in self.loops]
        tasks += [
            asyncio.create_task(self.card.watch_late_edits()),
            asyncio.create_task(self.answers.watch()),
        ]
        await self._until_over(tasks)
        await drain(self.run_state, tasks)

    async def _until_over(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        """Return when the run should end or continue as new, or a loop broke.

        After the last change the run stays for its grace, unless somebody stopped it.
        """

        def at_once() -> bool:
            return (
                self._must_continue() or self.run_state.state.detached or any(task.done() for task in tasks)
            )

        while True:
            await workflow.wait_condition(lambda: at_once() or self._final())
            if at_once() or not self.card.has_shown or self.run_state.state.is_stopped:
                return
            try:
                await workflow.wait_condition(
                    lambda: at_once() or not self._final(),
                    timeout=timedelta(seconds=self.run_state.start.timing.grace),
                    timeout_summary="grace",
                )
            except TimeoutError:
                return

    def _must_continue(self) -> bool:
        return workflow.info().is_continue_as_new_suggested()

    def _final(self) -> bool:
        """The incident is over, and everything wanted is shown and said.

        An incident that PagerDuty does not know any more, and of which nothing is known, has nothing to show.
        """
        run, state = self.run_state, self.run_state.state
        if state.detached:
            return True
        if state.is_stopped and not state.lacks_last_state:
            over = True
        elif state.incident.snapshot is None:
            over = run.is_degraded("details", NotFound.__name__)
        else:
            over = state.incident.snapshot.status == "resolved"
        pending = (
            self.clicks.busy()
            or any(loop.busy for loop in self.loops)
            or any(reconciler.holds_run() for reconciler in self.reconcilers)
        )
        return over and not pending

    def _end(self) -> End:
        state = self.run_state.state
        snapshot = state.incident.snapshot
        if state.detached:
            status = "detached"
        elif state.is_stopped:
            status = "stopped"
        else:
            status = snapshot.status if snapshot else "unknown"
        return End(status=status, revision=state.card.shown_revision, orphans=state.card.orphans)
