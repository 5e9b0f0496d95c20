"""Messages in the channel: each shows what the state says, one send at a time."""

from workflows.connect_channel.activities import SHOW_CONNECTION, ShowConnection
from workflows.connect_channel.run_state import RunState
from workflows.connect_channel.state import Notice
from workflows.connect_channel.timeline import summary_of
from workflows.connect_channel.view import ConnectionView, due_view, fingerprint
from workflows.contract import call
from workflows.errors import CardGone, Failure, OutcomeUnknown
from workflows.reconcile import Reconciler


class NoticesReconciler(Reconciler):
    """Shows the messages; what Teams refuses for now is tried again for as long as that may help."""

    name = "message"

    def __init__(self, run: RunState) -> None:
        self._run = run
        self._sending: Notice | None = None

    def is_due(self) -> bool:
        """A message does not show what is wanted, or may not."""
        return self._next() is not None

    def _next(self) -> tuple[Notice, ConnectionView] | None:
        """The one that was refused least, and the card before the welcome."""
        return min(self._due(), key=lambda one: one[0].failures, default=None)

    def _due(self) -> list[tuple[Notice, ConnectionView]]:
        start = self._run.start
        return [
            (notice, view)
            for notice in self._run.state.notices
            if (
                view := due_view(
                    self._run.state,
                    notice,
                    account=start.account,
                    service=start.service,
                    channel=start.channel_name,
                )
            )
        ]

    def holds_run(self) -> bool:
        """An outage keeps a run alive; what only people can mend does not, once it was tried."""
        due = self._next()
        return due is not None and (due[0].failures == 0 or not self._run.needs_people(self.name))

    def urgencies(self) -> int:
        """Whoever connects or disconnects does not wait for a back-off."""
        return self._run.state.changes

    async def reconcile(self) -> None:
        """Show one."""
        run = self._run
        self._sending = None
        if (due := self._next()) is None:
            return
        notice, view = due
        self._sending = notice
        request = ShowConnection(
            subject=run.subject,
            name=notice.name,
            tenant=run.start.tenant,
            recipient=run.start.conversation,
            view=view,
            content=fingerprint(view),
            correlation=run.state.cause,
        )
        shown = await call(SHOW_CONNECTION, request, summary_of(request))
        # A message that may be there unknown is not posted again.
        run.apply(
            run.state.changed(
                notice,
                shown=request.content,
                left_as=None,
                is_posted=shown.certain,
                given_up=not shown.certain,
                failures=0,
            )
        )

    def on_failure(self, failure: Failure) -> None:
        """Note what the failure leaves unknown. A card that was deleted is posted once more."""
        run, notice = self._run, self._sending
        if notice is None:
            return
        state = run.state
        if issubclass(failure.kind, CardGone):
            state = state.changed(notice, is_posted=False, shown=None, left_as=None)
        elif issubclass(failure.kind, OutcomeUnknown):
            state = state.changed(notice, shown=None, left_as=None)
        elif failure.pace != "outage":  # the channel is refused, whatever is said in it
            for one in state.notices:
                state = state.changed(one, failures=one.failures + 1)
        run.apply(state)
