"""Announcements: short replies in the card's thread, once the card shows what they tell.

An edit of the card notifies nobody.
"""

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.channel_incident.activities import REPLY, Reply
from workflows.channel_incident.card import with_resend
from workflows.channel_incident.run_state import RunState
from workflows.channel_incident.state import Announcement, Announcements
from workflows.contract import call
from workflows.errors import CardGone, OutcomeUnknown, failure_of
from workflows.incident.event_types import Transition
from workflows.incident.events import IncidentEvent
from workflows.options import STALE_NEWS
from workflows.reconcile import Reconciler

_SUPERSEDE_ALL: frozenset[Transition] = frozenset({"resolved", "reopened"})


class AnnouncementsReconciler(Reconciler):
    """Says each announcement at most once."""

    name = "announcements"

    def __init__(self, run: RunState) -> None:
        self._run = run

    def is_due(self) -> bool:
        """Something is news, and the card shows it."""
        state = self._run.state
        return (
            bool(state.announcements.waiting)
            and not state.detached
            and state.card.activity_id is not None
            and not state.card.is_due
        )

    def urgencies(self) -> int:
        """News that people must see at once cuts a back-off short."""
        return self._run.urgencies

    def holds_run(self) -> bool:
        """An announcement waits for the card, and the run waits for the announcement."""
        return bool(self._run.state.announcements.waiting)

    async def reconcile(self) -> None:
        """Say the oldest: an unknown outcome is not repeated, and is no reason to wait."""
        run = self._run
        view, announcement = run.view, run.state.announcements.waiting[0]
        activity_id = run.state.card.activity_id
        if view is None or activity_id is None:
            return
        if workflow.now() - announcement.stamp.at <= STALE_NEWS:
            request = Reply(
                card=run.key,
                tenant=run.conversation.tenant,
                activity_id=activity_id,
                transition=announcement.transition,
                at=announcement.second,
                view=view,
                by=announcement.by,
                correlation=announcement.stamp.event_id,
            )
            try:
                await call(REPLY, request, announcement.transition.replace("_", " "))
            except ActivityError as error:
                kind = failure_of(error).kind
                if issubclass(kind, CardGone):
                    # Teams says so at random, too, and only an edit tells. If the card is gone, the next one
                    # is the news; if not, this is said once the edit is made.
                    run.apply(with_resend(run.state))
                if not issubclass(kind, OutcomeUnknown):
                    raise
                workflow.logger.warning("an announcement's outcome is unknown; it is not repeated")
        run.apply(run.state.replace(announcements=run.state.announcements.with_said(announcement)))


def announcement_of(event: IncidentEvent, transition: Transition) -> Announcement:
    """What this event gives cause to say in the thread."""
    return Announcement(
        transition=transition, stamp=event.stamp, by=event.agent.name if event.agent else None
    )


def with_announcement(announcements: Announcements, announcement: Announcement) -> Announcements:
    """Something is news. What was said is not said again.

    Old news is dropped: a resolve or a reopening makes everything that still waits pointless.
    """
    if announcement.key in announcements.said or any(
        h.key == announcement.key for h in announcements.waiting
    ):
        return announcements
    waiting = tuple(
        h
        for h in announcements.waiting
        if announcement.transition not in _SUPERSEDE_ALL and h.transition != announcement.transition
    )
    return announcements.model_copy(update={"waiting": (*waiting, announcement)})
