"""Announcements: short lines beside the card, once the card shows what they tell. The preset says of what.

An edit of the card notifies nobody.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.channel_incident.activities import REPLY, Reply
from workflows.channel_incident.card import with_resend
from workflows.channel_incident.run_state import RunState
from workflows.channel_incident.state import Announcements, OwnChange, State
from workflows.contract import call
from workflows.errors import CardGone, OutcomeUnknown, failure_of
from workflows.incident.event_types import EVENT_TYPES
from workflows.incident.events import Details
from workflows.incident.news import Announcement
from workflows.incident.stamps import whole_second
from workflows.link_notes import is_link_note
from workflows.options import STALE_NEWS
from workflows.presets import HIGHLIGHTS, ChosenPreset
from workflows.reconcile import Reconciler
from workflows.verbs.click import Click
from workflows.verbs.verb import Verb

LINK_NOTES_ARE_NO_NEWS = "link-notes-are-no-news"
"""Before, where all updates are said, each note of Muster's own with an address was one of them."""
_CLOCKS_DIFFER = timedelta(seconds=30)
_SECONDS_DIFFER = timedelta(seconds=1)
"""An answer and its event are written one after the other, and a second may end between them."""


class AnnouncementsReconciler(Reconciler):
    """Says each announcement at most once."""

    name = "announcements"

    def __init__(self, run: RunState, is_changing: Callable[[], bool]) -> None:
        self._run = run
        self._is_changing = is_changing
        """A click is telling PagerDuty something: until the answer is there, its event may look like news."""

    def is_due(self) -> bool:
        """Something is news, and the card shows it."""
        state = self._run.state
        return (
            bool(state.announcements.waiting)
            and not state.detached
            and not self._is_changing()
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
                announcement=announcement,
                view=view,
                correlation=announcement.stamp.event_id,
            )
            try:
                await call(REPLY, request, announcement.news.replace("_", " "))
            except ActivityError as error:
                kind = failure_of(error).kind
                if issubclass(kind, CardGone):
                    # Teams says so at random, too, and only an edit tells. If the card is gone, the next one
                    # is the news; if not, this is said once the edit is made.
                    run.apply(with_resend(run.state))
                if not issubclass(kind, OutcomeUnknown):
                    if announcement in run.state.announcements.waiting:
                        raise
                    return  # it is not to be said any more
                workflow.logger.warning("an announcement's outcome is unknown; it is not repeated")
        run.apply(run.state.replace(announcements=run.state.announcements.with_said(announcement)))


def is_of_link_note(announcement: Announcement | None) -> bool:
    """Whether it tells of a note that Muster wrote: the card leads to the chat and the meeting by itself."""
    comment = announcement.comment if announcement is not None else None
    return comment is not None and is_link_note(comment.text)


def with_news(state: State, announcement: Announcement | None) -> State:
    """Something is news. It waits to be said where the card's preset says it."""
    if announcement is None or state.is_stopped or not state.preset.says(announcement.news):
        return state
    return _with(state, state.announcements.with_waiting(announcement))


def with_preset(state: State, chosen: ChosenPreset) -> State:
    """Somebody chose how much is said. What waits and is not to be said any more is dropped.

    What an earlier preset kept back is not said later.
    """
    if chosen.number <= state.preset.number:
        return state
    announcements = state.announcements.keeping(lambda waiting: chosen.says(waiting.news))
    return _with(state.replace(preset=chosen), announcements)


def with_own(state: State, verb: Verb, click: Click, details: Details | None, *, now: datetime) -> State:
    """A click on this card has done it: what others are told of it is not said here.

    PagerDuty's answer says in which second, give or take one. Where it was lost and the outcome found in the
    click's row, that was between the press and now, by a clock that may differ from ours. Changes of the
    incident alone are told by their kind and time: of what people write there may be several in a second.
    """
    if details is None:
        since, until = click.received_at - _CLOCKS_DIFFER, now + _CLOCKS_DIFFER
    else:
        second = whole_second(details.status_changed_at)
        since, until = second - _SECONDS_DIFFER, second + _SECONDS_DIFFER
    announcements = state.announcements
    for news in sorted(HIGHLIGHTS & {EVENT_TYPES[name].news for name in verb.confirmed_by}):
        announcements = announcements.with_own(OwnChange(news=news, since=since, until=until))
    return _with(state, announcements)


def _with(state: State, announcements: Announcements) -> State:
    """Where nothing waits any more, no failure is in the way of anything."""
    state = state.replace(announcements=announcements)
    return state if announcements.waiting else state.recovered(AnnouncementsReconciler.name)
