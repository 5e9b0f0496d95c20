"""Messages: each recipient's shows what the state says, one send at a time for each kind."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.contract import call
from workflows.errors import (
    BotRemoved,
    CardGone,
    ConversationUnavailable,
    Failure,
    Forbidden,
    NotFound,
    failure_of,
)
from workflows.team_setup.activities import SHOW_NOTICE, ShowNotice
from workflows.team_setup.fold import with_way_on
from workflows.team_setup.forgetting import without_done
from workflows.team_setup.reconcilers import SetupReconciler
from workflows.team_setup.run_state import RunState
from workflows.team_setup.state import Notice, NoticeKind
from workflows.team_setup.timeline import summary_of
from workflows.team_setup.view import NoticeView, due_view, fingerprint

_UNREACHABLE = (BotRemoved, Forbidden, NotFound)


class NoticesReconciler(SetupReconciler):
    """Shows the messages of some kinds."""

    def __init__(self, run: RunState, name: str, *kinds: NoticeKind) -> None:
        super().__init__(run)
        self.name = name
        self._kinds = kinds
        self._sending: tuple[Notice, NoticeView] | None = None

    def is_due(self) -> bool:
        """A message does not show what is wanted, or may not."""
        return self._next() is not None

    def _next(self) -> tuple[Notice, NoticeView] | None:
        """The one that has failed least: nobody waits for somebody who cannot be written to."""
        due = [
            (notice, view)
            for notice in self._run.state.notices
            if notice.kind in self._kinds and (view := due_view(self._run.state, notice)) is not None
        ]
        return min(due, key=lambda one: one[0].failures, default=None)

    def holds_run(self) -> bool:
        """A message that was not refused yet is not given up because another one was."""
        is_untried = (due := self._next()) is not None and due[0].failures == 0
        return super().holds_run() or (is_untried and self._run.state.step != "removed")

    async def reconcile(self) -> None:
        """Show one. What everybody reads is not said again where it may have been said."""
        run = self._run
        run.apply(without_done(run.state, self._kinds))
        self._sending = self._next()
        if self._sending is None:
            return
        notice, view = self._sending
        request = ShowNotice(
            subject=run.subject,
            name=notice.name,
            recipient=notice.recipient,
            person=notice.person,
            tenant=run.start.tenant,
            team=run.start.team,
            view=view,
            content=fingerprint(view),
        )
        try:
            shown = await call(SHOW_NOTICE, request, summary_of(request))
        except ActivityError as error:
            failure = failure_of(error)
            if not _is_given_up(failure):
                raise
            workflow.logger.warning("%s is given up: %s", notice.name, failure.name)
            run.apply(with_way_on(run.state.changed(notice, given_up=True)))
            return
        if shown.certain:
            run.apply(run.state.changed(notice, shown=request.content, is_posted=True, failures=0))
        else:
            run.apply(run.state.changed(notice, given_up=True))

    def urgencies(self) -> int:
        """Nobody waits until somebody else can be written to."""
        return sum(self._run.state.numbers.values())

    def on_failure(self, failure: Failure) -> None:
        """Note what the failure leaves unknown; who refuses again and again is taken for out of reach."""
        run = self._run
        if self._sending is None:
            return
        notice, view = self._sending
        state = run.state.changed(notice, shown=None)
        if issubclass(failure.kind, CardGone):
            state = state.changed(notice, is_posted=False, given_up=notice.person is None or _is_done(view))
        elif failure.pace != "outage":
            state = state.changed(notice, failures=notice.failures + 1)
        run.apply(with_way_on(state))


class LifeNoticesReconciler(NoticesReconciler):
    """Tells what became of channels: an outage keeps a run alive for it, also after the app has left."""

    def holds_run(self) -> bool:
        """What only people can mend does not."""
        return self.is_due() and not self._run.needs_people(self.name)


def _is_given_up(failure: Failure) -> bool:
    """Trying again would reach nobody. Whether something public may have been said is the row's to decide."""
    return issubclass(failure.kind, _UNREACHABLE) and not issubclass(failure.kind, ConversationUnavailable)


def _is_done(view: NoticeView) -> bool:
    """Nobody has to do anything with it: whoever deleted it does not miss it."""
    return view.is_only_edited or view.showing in ("authorized", "granted", "complete")
