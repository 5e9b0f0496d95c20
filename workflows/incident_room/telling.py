"""What others are told of the room: the incident's notes, its cards, the chat at the end, single people."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.channel_incident.activities import TELL_PERSON, TellPerson
from workflows.channel_incident.messages import CardKey
from workflows.contract import call
from workflows.errors import OutcomeUnknown, Temporary, failure_of
from workflows.incident.stamps import whole_second
from workflows.incident_room.activities import (
    ANNOUNCE,
    NOTE_CHAT,
    SUM_UP,
    Announce,
    NoteChat,
    SumUp,
)
from workflows.incident_room.chat import OfChatReconciler
from workflows.incident_room.run_state import RunState
from workflows.incident_room.told import is_news, room_of
from workflows.link_notes import is_link_note
from workflows.options import STALE_NEWS
from workflows.reconcile import Reconciler

ASKED_AGAIN = "a-summary-is-asked-for-again"
"""Before, a worker that was killed while it read the notes left a resolve of which nothing was said."""


class NoteReconciler(OfChatReconciler):
    """Writes the chat's address among the incident's notes, after looking whether it is there."""

    name = "note"

    def is_due(self) -> bool:
        """The chat is there and has an address, and no note says so."""
        state = self._run.state
        return state.chat.stage == "made" and state.chat.url != "" and not state.noted

    def holds_run(self) -> bool:
        """A note that PagerDuty refuses keeps no run alive."""
        return self.is_due() and not self._run.is_stuck(self.name)

    async def reconcile(self) -> None:
        """Look, then write."""
        run = self._run
        request = NoteChat(**self.of_chat(), url=run.state.chat.url)
        await call(NOTE_CHAT, request, "the chat's address")
        if self.is_same():
            run.apply(run.state.replace(noted=True))


class AnnounceReconciler(Reconciler):
    """Tells the incident's cards how the room stands."""

    name = "announce"
    defers = True

    def __init__(self, run: RunState) -> None:
        self._run = run

    def is_due(self) -> bool:
        """They know less, or something else."""
        return is_news(self._run.state, tenant=self._run.tenant)

    def holds_run(self) -> bool:
        """What cannot be told keeps no run alive."""
        return self.is_due() and not self._run.is_stuck(self.name)

    async def reconcile(self) -> None:
        """Tell them what is true now, under the next number.

        A telling that failed may have reached some of them, who take nothing else under its number.
        """
        run = self._run
        number = run.state.tellings + 1
        run.apply(run.state.replace(tellings=number))
        told = room_of(run.state, tenant=run.tenant).model_copy(update={"number": number})
        await call(ANNOUNCE, Announce(**run.call_of(), told=told), f"{told.stage} · number {told.number}")
        run.apply(run.state.replace(told=told))


class SummaryReconciler(Reconciler):
    """Says in the chat how the incident went, at most once for each resolve."""

    name = "summary"

    def __init__(self, run: RunState) -> None:
        self._run = run

    def is_due(self) -> bool:
        """The incident is over, its grace has passed, and the chat has not heard of this resolve."""
        run, state = self._run, self._run.state
        resolution = state.incident.resolution
        return (
            run.wants_mark
            and state.shown
            and not state.is_being_archived
            and not state.bot_removed
            and resolution is not None
            and state.summed_up != whole_second(resolution.stamp.at)
        )

    def holds_run(self) -> bool:
        """A chat that nobody can write into keeps no run alive."""
        return self.is_due() and not self._run.is_stuck(self.name)

    async def reconcile(self) -> None:
        """Say it; the row knows what may have been said, and says it not again."""
        run, incident = self._run, self._run.state.incident
        if incident.resolution is None or incident.snapshot is None:
            return
        second = whole_second(incident.resolution.stamp.at)
        request = SumUp(
            **run.of_chat().model_dump(),
            resolved_at=second,
            resolved_by=incident.resolution.value.name,
            opened_at=incident.snapshot.created_at,
            number=incident.snapshot.number,
            title=incident.snapshot.title,
            incident_url=incident.snapshot.url or "",
            notes=sum(not is_link_note(entry.value.text) for entry in incident.notes),
            people=run.state.people.present,
        )
        try:
            await call(SUM_UP, request, "how it went")
        except ActivityError as error:
            if not issubclass(failure_of(error).kind, OutcomeUnknown) or workflow.patched(ASKED_AGAIN):
                raise
        run.apply(run.state.replace(summed_up=second))


class PrivateReconciler(Reconciler):
    """Tells each person at most once, privately, why there is no chat where their click could not wait."""

    name = "private_messages"

    def __init__(self, run: RunState) -> None:
        self._run = run

    def is_due(self) -> bool:
        """Somebody waits to be told."""
        return bool(self._run.state.private)

    async def reconcile(self) -> None:
        """Tell the first of them."""
        run, told = self._run, self._run.state.private[0]
        start = run.start
        request = TellPerson(
            card=CardKey(
                account=start.account, incident_id=start.incident_id, conversation=told.conversation
            ),
            tenant=told.tenant or start.tenant,
            click=told.click,
            outcome=told.outcome,
            view=None,
        )
        try:
            await call(TELL_PERSON, request, told.outcome.kind)
        except ActivityError as error:
            is_stale = run.now - told.click.received_at > STALE_NEWS
            if issubclass(failure_of(error).kind, Temporary) and not is_stale:
                raise
        run.apply(run.state.with_informed(told))
