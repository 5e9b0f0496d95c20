"""Following: somebody wants the incident in this conversation, and somebody may stop it there."""

from workflows.channel_incident.card import with_card_gone
from workflows.channel_incident.messages import Followed
from workflows.channel_incident.run_state import RunState
from workflows.channel_incident.state import State
from workflows.contract import call
from workflows.following import Following
from workflows.reconcile import Reconciler
from workflows.subscription.activities import CONVERGE_SUBSCRIPTION, OfAccount


class SubscriptionReconciler(Reconciler):
    """Has PagerDuty send the account's events: the account may have no connection at all.

    The daily upkeep does what is left to do later, and what cannot be done while the run goes on.
    """

    name = "subscription"

    def __init__(self, run: RunState) -> None:
        self._run = run

    def is_due(self) -> bool:
        """Somebody has begun to follow the incident, and its events may not come."""
        state = self._run.state
        return not (state.subscribed or state.detached or state.is_stopped)

    def holds_run(self) -> bool:
        """What is over needs no events."""
        return False

    async def reconcile(self) -> None:
        """Subscribe. What was read of the incident before may have changed without an event."""
        run = self._run
        await call(CONVERGE_SUBSCRIPTION, OfAccount(account=run.start.account), run.start.account)
        run.apply(with_reread(run.state.replace(subscribed=True)))


def is_follow_news(state: State, followed: Followed) -> bool:
    """Whether it changes anything: ten people may ask for the same, and a signal may come late."""
    known, told = state.following, followed.following
    if known is None or told is None:
        return not state.asked_for or state.is_stopped
    if told.number == known.number:
        return not (state.asked_for or state.is_stopped)
    return told.number > known.number


def with_follower(state: State, followed: Followed, *, marker: str) -> State:
    """Somebody wants the incident here, even if it is over."""
    state = with_following(state, followed.following, marker=marker)
    subscribed = state.subscribed and not followed.is_open
    return with_reread(state.replace(asked_for=True, subscribed=subscribed, detached=False))


def with_following(state: State, following: Following | None, *, marker: str) -> State:
    """Who follows the incident here. Where it was stopped, that message stays, and another one is posted."""
    known = state.following
    is_anew = known is not None and following is not None and following.number > known.number
    if state.is_stopped or is_anew:
        state = with_card_gone(state, marker=marker)
    return state.replace(following=following)


def with_stopped(state: State, stopped: Following) -> State:
    """Somebody stopped it: what waits to be said is not said any more.

    The result may come late: somebody has begun anew meanwhile, or a connection brings the incident.
    """
    known = state.following
    if known is None or known.number > stopped.number:
        return state
    return with_ended(state, stopped)


def with_ended(state: State, stopped: Following) -> State:
    """The last state is shown here, and nothing more, whatever brings the incident."""
    announcements = state.announcements.keeping(lambda _: False)
    return state.replace(following=stopped, announcements=announcements).recovered("announcements")


def with_end_heard(state: State, ended: Following) -> State:
    """The same where a signal tells it, which may come late: somebody has begun anew meanwhile."""
    known = state.following
    return state if known is not None and known.number > ended.number else with_ended(state, ended)


def with_reread(state: State) -> State:
    """What is known of the incident may be old."""
    if state.incident.snapshot is None:
        return state
    return state.replace(incident=state.incident.model_copy(update={"reread_wanted": True}))
