"""The service's open incidents: offered when it is connected, brought in for whoever asks for them."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.bringing_in.activities import BRING_IN, COUNT_OPEN, BringIn, OfConnection, OfService
from workflows.connect_channel.fold import brought_in, offered, with_bringing_answered
from workflows.connect_channel.messages import ConnectAnswer
from workflows.connect_channel.run_state import RunState
from workflows.connect_channel.state import BRINGING_IN, Followed, Offer
from workflows.connect_channel.timeline import NAME_LIMIT
from workflows.contract import call
from workflows.errors import Failure, NeedsPerson, failure_of
from workflows.markdown import as_markdown
from workflows.reconcile import Reconciler


class OfferReconciler(Reconciler):
    """Asks PagerDuty once how many incidents are open: the message that offers them waits for the answer."""

    name = "open incidents"

    def __init__(self, run: RunState) -> None:
        self._run = run

    def _next(self) -> Followed | None:
        """A connection that is ready, whose message offers nothing yet."""
        live = self._run.state.live
        if live is None or not live.is_ready or live.offer is not None or live.brought is not None:
            return None
        notice = self._run.state.offers(live.connection.id)
        is_told = notice is None or notice.left_as is not None
        return None if is_told else live

    def is_due(self) -> bool:
        """A message is to offer them."""
        return self._next() is not None

    async def reconcile(self) -> None:
        """Ask; where PagerDuty does not tell, the message does without the number."""
        run, live = self._run, self._next()
        if live is None:
            return
        request = OfService(account=run.start.account, service=run.start.service)
        try:
            found = await call(COUNT_OPEN, request, "how many there are")
        except ActivityError as error:
            workflow.logger.warning("open incidents are offered without a number: %s", failure_of(error).name)
            offer = Offer(count=None)
        else:
            offer = Offer(count=found.count, more=found.more)
        run.apply(offered(run.state, live.connection.id, offer))


class BringInReconciler(Reconciler):
    """Brings them in, and goes on trying while PagerDuty is away."""

    name = BRINGING_IN

    def __init__(self, run: RunState) -> None:
        self._run = run

    def urgencies(self) -> int:
        """Whoever asks does not wait for a back-off."""
        return self._run.state.asked_to_bring

    def is_due(self) -> bool:
        """Somebody asked for it, and nothing stands against it any more."""
        state = self._run.state
        return state.bringing is not None and state.can_bring_in

    def holds_run(self) -> bool:
        """Whoever asked is answered."""
        return self._run.state.bringing is not None

    async def reconcile(self) -> None:
        """Bring them in. Where the connection has ended since, nothing comes in."""
        run, start = self._run, self._run.start
        bringing = run.state.bringing
        if bringing is None:
            return
        request = BringIn(
            connection=OfConnection(
                account=start.account, service=start.service, conversation=start.conversation
            ),
            by=bringing.person.name,
            correlation=run.state.cause,
        )
        result = await call(BRING_IN, request, f"as {as_markdown(bringing.person.name, NAME_LIMIT)} asked")
        run.apply(brought_in(run.state, bringing, result, run.now))

    def on_failure(self, failure: Failure) -> None:
        """What only people can mend is not tried for ever: whoever asked is told, and may ask again."""
        run, bringing = self._run, self._run.state.bringing
        if bringing is not None and issubclass(failure.kind, NeedsPerson):
            run.apply(with_bringing_answered(run.state, bringing, ConnectAnswer(reply="pagerduty_refused")))
