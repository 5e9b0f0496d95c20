"""The one message of a run: shown at once, later changes not closer than the edit interval.

The functions say how the message moves: what is wanted, what was sent, what became of it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow

from workflows.channel_incident.activities import SHOW_CARD, ShowCard, Shown
from workflows.channel_incident.answers import is_being_read
from workflows.channel_incident.run_state import RunState
from workflows.channel_incident.state import State
from workflows.channel_incident.timeline import summary_of
from workflows.contract import call
from workflows.errors import CardGone, Failure, OutcomeUnknown
from workflows.incident.news import Announcement
from workflows.reconcile import Reconciler


class CardReconciler(Reconciler):
    """Keeps the message showing the view of this moment."""

    name = "card"
    interval_name = "edit interval"

    def __init__(self, run: RunState) -> None:
        self._run = run
        self.interval = timedelta(seconds=run.start.timing.edit_interval)
        self.has_shown = False
        """This run has shown something."""

    def is_due(self) -> bool:
        """The message does not show what is wanted, or may not, and nobody's answer is in the way."""
        return self._is_wanted() and not is_being_read(self._run.state)

    def urgencies(self) -> int:
        """News that people must see at once cuts a back-off short."""
        return self._run.urgencies

    def holds_run(self) -> bool:
        """A lost edit that may still land is to be covered first."""
        return self._is_wanted() or self._run.state.card.late_edit_until is not None

    def _is_wanted(self) -> bool:
        run = self._run
        if run.state.detached or run.view is None or not run.state.card.is_due:
            return False
        if run.state.is_stopped and run.state.card.activity_id is None:
            return False  # its message is gone, and nobody wants another one
        return run.start.stored or run.state.asked_for or not was_over_before(run.state)

    async def reconcile(self) -> None:
        """Show the view of this moment."""
        run = self._run
        view, card = run.view, run.state.card
        if view is None:
            return
        request = ShowCard(
            card=run.key,
            tenant=run.conversation.tenant,
            activity_id=card.activity_id,
            view=view,
            identity=run.identity,
            content=card.content or "",
            correlation=run.state.cause,
        )
        news = run.state.announcements.waiting
        run.apply(sending(run.state))
        shown = await call(SHOW_CARD, request, summary_of(request, run.because))
        state = with_shown(run.state, request, shown)
        if request.activity_id is None and not shown.found:
            state = announced(state, news)
        run.apply(state)
        self.has_shown = True

    def on_failure(self, failure: Failure) -> None:
        """Note what the failure leaves unknown."""
        run = self._run
        late_edit_until = workflow.now() + timedelta(seconds=run.start.timing.late_edit)
        run.apply(with_failure(run.state, failure, marker=run.draw(), late_edit_until=late_edit_until))

    async def watch_late_edits(self) -> None:
        """A lost edit may land after a later one: once it cannot any more, the latest is shown again."""
        run = self._run
        while True:
            await workflow.wait_condition(lambda: run.draining or run.state.card.late_edit_until is not None)
            until = run.state.card.late_edit_until
            if run.draining or until is None:
                return
            try:
                await workflow.wait_condition(
                    lambda: run.draining,
                    timeout=max(until - workflow.now(), timedelta(0)),
                    timeout_summary="a lost edit may land late",
                )
            except TimeoutError:
                run.apply(late_edit_over(run.state, until))


def was_over_before(state: State) -> bool:
    """The incident was resolved before anything was shown or heard of it here: nobody is told of it now."""
    snapshot, card = state.incident.snapshot, state.card
    is_first = card.activity_id is None and card.revision <= 1 and state.incident.heard is None
    return is_first and snapshot is not None and snapshot.status == "resolved"


def with_nonce(state: State, nonce: str) -> State:
    """A recorded outcome draws a new nonce. The answer to the click carries it to whoever clicked."""
    return _with(state, nonce=nonce)


def with_resend(state: State) -> State:
    """The message is to be edited although nothing else is wanted of it."""
    return _with(state, resend=state.card.activity_id is not None)


def with_message_in_doubt(state: State) -> State:
    """The message may have gone with its conversation, of which nobody is told: an edit finds out."""
    return _with(state, resend=True)


def sending(state: State) -> State:
    """A send begins; a resend that is asked for from now on causes another one.

    Until it has ended nobody knows what the message shows, and nothing is said beside it.
    """
    return _with(state, resend=False, shown_content=None)


def with_shown(state: State, request: ShowCard, shown: Shown) -> State:
    """The message shows what ``request`` held.

    A last state is shown also where its row, which may have begun anew, took no note of it. Where the run has
    begun anew, that message is not the card any more.
    """
    is_last = request.view.stopped is not None
    if is_last and not state.is_stopped:
        return state
    return _with(
        state,
        activity_id=shown.activity_id,
        marker=shown.marker or state.card.marker,
        shown_revision=request.view.revision,
        shown_content=request.content,
        orphans=shown.orphans,
        resend=state.card.resend or not (shown.recorded or is_last),
    )


def announced(state: State, news: Sequence[Announcement]) -> State:
    """A new message notifies people itself: what waited to be said when it was sent needs no reply."""
    announcements = state.announcements
    for announcement in news:
        announcements = announcements.with_said(announcement)
    return state.replace(announcements=announcements).recovered("announcements")


def with_failure(state: State, failure: Failure, *, marker: str, late_edit_until: datetime) -> State:
    """A send failed. A lost answer to a post asks for a new marker, one to an edit for a second look."""
    if issubclass(failure.kind, CardGone):
        return with_card_gone(state, marker=marker)
    if issubclass(failure.kind, OutcomeUnknown):
        if state.card.activity_id is None:
            return _with(state, marker=marker)
        return _with(state, resend=True, late_edit_until=late_edit_until)
    return with_resend(state)


def with_card_gone(state: State, *, marker: str) -> State:
    """The message is not there any more: the next one is posted."""
    return _with(state, activity_id=None, shown_content=None, marker=marker)


def late_edit_over(state: State, until: datetime) -> State:
    """The time in which an edit lost then could land is over: show the latest once more."""
    if state.card.late_edit_until != until:
        return state
    return _with(state, late_edit_until=None, resend=True)


def _with(state: State, **changes: Any) -> State:
    return state.replace(card=state.card.model_copy(update=changes))
