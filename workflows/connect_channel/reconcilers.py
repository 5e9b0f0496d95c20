"""What follows the state outside: the connections' rows, and the account's subscription."""

from datetime import timedelta

from workflows.connect_channel.activities import (
    END_CONNECTION,
    RECORD_CONNECTION,
    EndConnection,
    RecordConnection,
)
from workflows.connect_channel.fold import converged, ended, recorded
from workflows.connect_channel.run_state import RunState
from workflows.connect_channel.state import Wanted
from workflows.connect_channel.timeline import NAME_LIMIT
from workflows.contract import call
from workflows.markdown import as_markdown
from workflows.reconcile import NotBefore, Reconciler
from workflows.subscription.activities import CONVERGE_SUBSCRIPTION, OfAccount


class RowReconciler(Reconciler):
    """Writes the rows of what was asked for, in that order: nothing else is told before its row is there."""

    name = "row"

    def __init__(self, run: RunState) -> None:
        self._run = run

    def is_due(self) -> bool:
        """Something was asked for."""
        return bool(self._run.state.wanted)

    async def reconcile(self) -> None:
        """Write one. Written again it changes nothing."""
        run = self._run
        wanted = run.state.wanted[0]
        await (self._connect(wanted) if wanted.kind == "connect" else self._disconnect(wanted))

    async def _connect(self, wanted: Wanted) -> None:
        run, start = self._run, self._run.start
        request = RecordConnection(
            tenant=start.tenant,
            account=start.account,
            service=start.service,
            service_name=wanted.service_name,
            conversation=start.conversation,
            subject=run.subject,
            request=wanted.key,
            person=wanted.person,
            message=wanted.message,
            correlation=run.state.cause,
        )
        result = await call(RECORD_CONNECTION, request, _by(wanted))
        run.apply(recorded(run.state, wanted, result, run.now))

    async def _disconnect(self, wanted: Wanted) -> None:
        run = self._run
        live = run.state.live
        if live is None:
            run.apply(ended(run.state, wanted, None))
            return
        request = EndConnection(
            connection=live.connection.id,
            request=wanted.key,
            person=wanted.person,
            correlation=run.state.cause,
        )
        result = await call(END_CONNECTION, request, _by(wanted))
        run.apply(ended(run.state, wanted, result.connection))


class SubscriptionReconciler(Reconciler):
    """Brings the account's subscription in step with the rows, however long that takes."""

    name = "subscription"

    def __init__(self, run: RunState) -> None:
        self._run = run

    def is_due(self) -> bool:
        """A row was written since it was in step, or something of it is to be looked at again."""
        state = self._run.state
        return state.converged < state.changes or state.waits_for is not None

    def urgencies(self) -> int:
        """Whoever connects or disconnects does not wait for a back-off."""
        return self._run.state.changes

    async def reconcile(self) -> NotBefore | None:
        """Bring it in step with the rows that are there now."""
        run = self._run
        changes = run.state.changes
        result = await call(CONVERGE_SUBSCRIPTION, OfAccount(account=run.start.account), run.start.account)
        run.apply(converged(run.state, result, changes))
        if result.again_in is None or result.waits_for is None:
            return None
        # Whoever connects or disconnects does not wait for it.
        return NotBefore(run.now + timedelta(seconds=result.again_in), result.waits_for, firm=False)


def _by(wanted: Wanted) -> str:
    """The Timeline's words: ``connect as Ada Ops``."""
    return f"{wanted.kind} as {as_markdown(wanted.person.name, NAME_LIMIT)}"
