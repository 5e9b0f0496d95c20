"""Messages to the person: each shows what the state says, one send at a time."""

from workflows.account_link.activities import SHOW_LINK, ShowLink
from workflows.account_link.reconcilers import LinkReconciler
from workflows.account_link.run_state import RunState
from workflows.account_link.state import Notice
from workflows.account_link.timeline import summary_of
from workflows.account_link.view import LinkView, due_view, fingerprint
from workflows.contract import call
from workflows.errors import CardGone, Failure


class NoticesReconciler(LinkReconciler):
    """Shows the messages; what Teams refuses is tried again for as long as the offer lives."""

    name = "message"

    def __init__(self, run: RunState) -> None:
        super().__init__(run)
        self._sending: tuple[Notice, LinkView] | None = None

    def is_due(self) -> bool:
        """A message does not show what is wanted, or may not."""
        return self._next() is not None

    def _next(self) -> tuple[Notice, LinkView] | None:
        """The one that was refused least: the newest does not wait for an old one."""
        due = [
            (notice, view) for notice in self._run.state.notices if (view := self._due(notice)) is not None
        ]
        return min(due, key=lambda one: one[0].failures, default=None)

    def _due(self, notice: Notice) -> LinkView | None:
        return due_view(self._run.state, notice, self._run.start.account)

    def holds_run(self) -> bool:
        """A message that was not refused yet is not given up because another one was."""
        due = self._next()
        return due is not None and (due[0].failures == 0 or super().holds_run())

    def urgencies(self) -> int:
        """Whoever asks for another message does not wait."""
        return self._run.state.number

    async def reconcile(self) -> None:
        """Show one."""
        run = self._run
        self._forget_replaced()
        self._sending = self._next()
        if self._sending is None:
            return
        notice, view = self._sending
        request = ShowLink(
            subject=run.subject,
            name=notice.name,
            tenant=run.start.tenant,
            person=run.start.person,
            asked_in=notice.asked_in,
            view=view,
            content=fingerprint(view),
            correlation=run.state.cause,
        )
        shown = await call(SHOW_LINK, request, summary_of(request))
        run.apply(
            run.state.changed(
                notice,
                shown=request.content,
                showing=view.showing,
                is_posted=True,
                targeted=shown.targeted,
                failures=0,
            )
        )

    def on_failure(self, failure: Failure) -> None:
        """Note what the failure leaves unknown; whoever deleted what asks nothing does not miss it."""
        run = self._run
        if self._sending is None:
            return
        notice, view = self._sending
        state = run.state.changed(notice, shown=None)
        if issubclass(failure.kind, CardGone):
            state = state.changed(notice, is_posted=False, targeted=False, given_up=view.is_only_edited)
        elif failure.pace != "outage":
            state = state.changed(notice, failures=notice.failures + 1)
        run.apply(state)

    def _forget_replaced(self) -> None:
        """A state stays small. Only while none of them is being sent: its outcome would be lost."""
        run = self._run
        kept = tuple(one for one in run.state.notices if one.ended is None or self._due(one) is not None)
        if len(kept) < len(run.state.notices):
            run.apply(run.state.replace(notices=kept))
