"""What follows the life of a team: the rows of its channels, and whether a channel is there at all."""

from datetime import datetime

from workflows.contract import call
from workflows.team_setup.activities import FIND_CHANNEL, FOLLOW_TEAM, FindChannel, FollowTeam, Found
from workflows.team_setup.fold import fold_event
from workflows.team_setup.life import refused_in, still_away, with_followed
from workflows.team_setup.messages import TeamEvent
from workflows.team_setup.reconcilers import SetupReconciler
from workflows.team_setup.state import SendRefused, State


class ChannelsReconciler(SetupReconciler):
    """Suspends and revives the channels of the team, as its rows decide."""

    name = "channels"

    def is_due(self) -> bool:
        """The rows do not know yet what happened."""
        return bool(self._run.state.changes)

    def holds_run(self) -> bool:
        """They must know before the run ends."""
        return self.is_due()

    async def reconcile(self) -> None:
        """Tell them all of it; what happens meanwhile is told next."""
        run = self._run
        changes = run.state.changes
        request = FollowTeam(
            tenant=run.start.tenant,
            team=run.start.team,
            request=f"{run.state.origin}/{run.state.followed}",
            changes=changes,
        )
        summary = ", ".join(dict.fromkeys(one.because for one in changes))
        changed = await call(FOLLOW_TEAM, request, summary)
        run.apply(with_followed(run.state, changes, changed))


class RefusedSendsReconciler(SetupReconciler):
    """Finds out why a send was refused: an event may have been lost, and Teams also refuses at random."""

    name = "refused sends"

    def is_due(self) -> bool:
        """A refusal is not explained yet."""
        return bool(self._run.state.refused_sends)

    async def reconcile(self) -> None:
        """Look for one channel, and fold what is found as the event would be that was lost."""
        run = self._run
        refused = run.state.refused_sends[0]
        if run.state.step == "removed":
            run.apply(still_away(run.state, run.now))
        else:
            request = FindChannel(tenant=run.start.tenant, team=run.start.team, channel=refused.channel)
            began = run.now
            found = await call(FIND_CHANNEL, request, "is it there?")
            run.apply(self._explained(refused, found, began))
        state = run.state
        run.apply(state.replace(refused_sends=tuple(one for one in state.refused_sends if one != refused)))

    def _explained(self, refused: SendRefused, found: Found, began: datetime) -> State:
        """What was found was so when the search began: an event of a later time knows better."""
        run = self._run
        if not found.has_app:
            return fold_event(run.state, _lost("removed", began), run.now)
        if not found.is_there:
            return fold_event(run.state, _lost("channelDeleted", began, refused.channel), run.now)
        return refused_in(run.state, refused.channel, refused.at) if refused.is_certain else run.state


def _lost(event: str, at: datetime, channel: str | None = None) -> TeamEvent:
    return TeamEvent(event=event, activity="", at=at, channel=channel)
