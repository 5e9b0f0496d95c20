"""``IncidentRoom``: chat and meeting of one incident, from the first request until the incident is over."""

import asyncio

from temporalio import workflow

from workflows.draining import drain
from workflows.errors import NotFound
from workflows.handlers import takes_requests, takes_signals
from workflows.incident.events import IncidentEvent
from workflows.incident.reduce import fold_event
from workflows.incident_room.asking import Ordered, Pressed, Programmed
from workflows.incident_room.bridge import BridgeReconciler, MeetingNoteReconciler
from workflows.incident_room.chat import (
    AppReconciler,
    BeginningReconciler,
    CardReconciler,
    ChatReconciler,
    NamesReconciler,
    with_bot,
)
from workflows.incident_room.grace import GraceWatch
from workflows.incident_room.meeting import MeetingReconciler
from workflows.incident_room.messages import (
    ArchiveChat,
    AskedByClick,
    AskedByProgram,
    AskedOfChat,
    ChangeMembers,
    DeleteChat,
    End,
    RoomAnswer,
    SetTopic,
    Start,
)
from workflows.incident_room.orders import OrderReconciler, OrderWish
from workflows.incident_room.organiser import EntryReconciler, OrganiserReconciler
from workflows.incident_room.people import (
    LeavingReconciler,
    MembersReconciler,
    SearchReconciler,
    with_people_waiting,
)
from workflows.incident_room.recoveries import Recoveries
from workflows.incident_room.requests import Requests
from workflows.incident_room.restore import DetailsReconciler, restore
from workflows.incident_room.run_state import RunState
from workflows.incident_room.state import Order
from workflows.incident_room.telling import (
    AnnounceReconciler,
    NoteReconciler,
    PrivateReconciler,
    SummaryReconciler,
)
from workflows.incident_room.timeline import entry_of_event
from workflows.incident_room.wishes import ChatWish, MeetingWish
from workflows.incident_room.workflow_type import BOT_ADDED, BOT_REMOVED, EVENTS, INCIDENT_ROOM, UPDATES
from workflows.reconcile import ReconcileLoop


@workflow.defn(name=INCIDENT_ROOM.name)
@takes_signals(EVENTS, "fold")
@takes_requests(UPDATES, unheard="unheard")
class IncidentRoomWorkflow:
    """Owns the chat and the meeting that were made for an incident.

    Started by **Create Chat** or **Create Meeting** (update-with-start), later by PagerDuty's events; id
    ``room/{account}/{incident}``. Whoever asks is judged as themselves before anything is made. Then each
    step has a reconciler of its own, and one that cannot go on stops no other: the people are looked for, the
    chat is made once, its members are read back and completed, the bot is brought in, the card's run is told
    to show the incident there, a note gets the address, the cards are told. Its people follow PagerDuty's. A
    meeting is made in the name of whoever asked, else of the next who can; then the incident's bridge and a
    note get its address. Programs may rename, archive or delete the chat, and change its people. A minute
    after the resolve the chat is summed up and its topic marked; then the run ends. A later event or request
    starts a new run, which first restores the rows.
    """

    @workflow.init
    def __init__(self, start: Start) -> None:
        self.run_state = RunState(start)
        self.restored = start.carried is not None or not start.stored
        self.is_bot_away: bool | None = None
        """What Teams told of the bot since this run began."""
        self.requests = Requests(self.run_state)
        self.chat, self.meeting = ChatWish(self.run_state), MeetingWish(self.run_state)
        self.turns_of_orders = asyncio.Lock()
        self.grace_watch = GraceWatch(self.run_state)
        self.reconcilers = (
            SearchReconciler(self.run_state),
            BeginningReconciler(self.run_state),
            ChatReconciler(self.run_state),
            AppReconciler(self.run_state),
            CardReconciler(self.run_state),
            MembersReconciler(self.run_state),
            LeavingReconciler(self.run_state),
            NoteReconciler(self.run_state),
            AnnounceReconciler(self.run_state),
            DetailsReconciler(self.run_state),
            NamesReconciler(self.run_state),
            SummaryReconciler(self.run_state),
            PrivateReconciler(self.run_state),
            MeetingReconciler(self.run_state),
            BridgeReconciler(self.run_state),
            MeetingNoteReconciler(self.run_state),
            EntryReconciler(self.run_state),
            OrganiserReconciler(self.run_state),
            OrderReconciler(self.run_state),
        )
        self.recoveries = Recoveries(self.run_state, self.reconcilers)
        self.loops = [ReconcileLoop(reconciler, self.run_state) for reconciler in self.reconcilers]

    @workflow.run
    async def run(self, start: Start) -> End:
        """Restore, keep everything in sync until the incident is over, end with nothing in flight."""
        self.run_state.publish()  # a run that continues another one has no details yet
        if not self.restored:
            await restore(self.run_state)
            self.restored = True
            if self.is_bot_away is not None:
                self._hear_of_bot(is_away=self.is_bot_away)
        while True:
            await self._keep_in_sync_until_over()
            if self._must_continue() and not self._final():
                carried = {"carried": self.run_state.state, "stored": True}
                workflow.continue_as_new(start.model_copy(update=carried))
            if self._final():
                state = self.run_state.state
                return End(chat=state.chat.stage, people=state.people.present, meeting=state.meeting.stage)

    # What happens to it

    def fold(self, event: IncidentEvent) -> None:
        """Signal under PagerDuty's own event name: what happened."""
        run, state = self.run_state, self.run_state.state
        if event.event_type not in EVENTS or event.incident_id != run.start.incident_id:
            workflow.logger.warning("an event that is not this run's was dropped: %s", event.event_id)
            return
        folded = with_people_waiting(state.replace(incident=fold_event(state.incident, event)))
        run.apply(folded.with_entry(entry_of_event(event)), cause=event.event_id)

    async def create_chat(self, asked: AskedByClick) -> RoomAnswer:
        """**Create Chat**."""
        await workflow.wait_condition(lambda: self.restored)
        return await self.requests.handle(Pressed(asked), self.chat)

    async def open_chat(self, asked: AskedByProgram) -> RoomAnswer:
        """A program asks for the chat."""
        await workflow.wait_condition(lambda: self.restored)
        return await self.requests.handle(Programmed(asked, "chat"), self.chat)

    async def create_meeting(self, asked: AskedByClick) -> RoomAnswer:
        """**Create Meeting**."""
        await workflow.wait_condition(lambda: self.restored)
        return await self.requests.handle(Pressed(asked), self.meeting)

    async def open_meeting(self, asked: AskedByProgram) -> RoomAnswer:
        """A program asks for the meeting."""
        await workflow.wait_condition(lambda: self.restored)
        return await self.requests.handle(Programmed(asked, "meeting"), self.meeting)

    async def delete_chat(self, asked: DeleteChat) -> RoomAnswer:
        """A program deletes the chat."""
        return await self._done(asked, Order(key=asked.key, kind="delete_chat"))

    async def archive_chat(self, asked: ArchiveChat) -> RoomAnswer:
        """A program archives the chat."""
        order = Order(key=asked.key, kind="archive_chat", people_leave=asked.people_leave)
        return await self._done(asked, order)

    async def set_topic(self, asked: SetTopic) -> RoomAnswer:
        """A program gives the chat a name of its own."""
        return await self._done(asked, Order(key=asked.key, kind="set_topic", topic=asked.topic))

    async def add_members(self, asked: ChangeMembers) -> RoomAnswer:
        """A program brings people into the chat."""
        return await self._done(asked, Order(key=asked.key, kind="add_members", people=asked.people))

    async def remove_members(self, asked: ChangeMembers) -> RoomAnswer:
        """A program takes people out of the chat."""
        return await self._done(asked, Order(key=asked.key, kind="remove_members", people=asked.people))

    async def _done(self, asked: AskedOfChat, order: Order) -> RoomAnswer:
        await workflow.wait_condition(lambda: self.restored)
        wish = OrderWish(self.run_state, order, self.turns_of_orders)
        return await self.requests.handle(Ordered(asked), wish)

    def unheard(
        self, _kind: str, asked: AskedByClick | AskedByProgram | AskedOfChat, answer: RoomAnswer
    ) -> None:
        """The API waits for its answer no longer: a person is told, a program asks again."""
        if isinstance(asked, AskedByClick):
            self.requests.unheard(asked, answer.outcome)

    @workflow.signal(name=BOT_REMOVED.name)
    def bot_removed(self) -> None:
        """Signal: the bot was removed from the chat, or the chat is gone: its members tell which."""
        self._hear_of_bot(is_away=True)

    @workflow.signal(name=BOT_ADDED.name)
    def bot_added(self) -> None:
        """Signal: the bot is in the chat again."""
        self._hear_of_bot(is_away=False)

    def _hear_of_bot(self, *, is_away: bool) -> None:
        """What is heard before the row was read counts after it."""
        run = self.run_state
        self.is_bot_away = is_away
        changed = with_bot(run.state, is_away=is_away)
        if self.restored and changed is not run.state:
            run.returns += not is_away
            run.apply(changed)
            run.tells("the bot left the chat" if is_away else "the bot is back in the chat")

    # How long it lives

    async def _keep_in_sync_until_over(self) -> None:
        """Drive the reconcilers; return with nothing in flight and all handlers finished."""
        self.run_state.draining = False
        tasks = [asyncio.create_task(loop.drive()) for loop in self.loops]
        tasks.append(asyncio.create_task(self.grace_watch.watch()))
        tasks.append(asyncio.create_task(self.recoveries.watch()))
        await workflow.wait_condition(
            lambda: self._must_continue() or self._final() or any(task.done() for task in tasks)
        )
        await drain(self.run_state, tasks)

    def _must_continue(self) -> bool:
        """The history is long, and nobody waits for anything."""
        return workflow.info().is_continue_as_new_suggested() and self._is_quiet()

    def _is_quiet(self) -> bool:
        """Nobody asks, and nothing is in flight.

        A request waits for what the reconcilers do, and they do nothing while the run drains: it may begin to
        only where none waits, and where none can arrive before it has drained.
        """
        return workflow.all_handlers_finished() and not any(loop.busy for loop in self.loops)

    def _final(self) -> bool:
        """Nobody asks, and there is nothing to keep in sync, or the incident is over."""
        run = self.run_state
        pending = not self._is_quiet() or any(reconciler.holds_run() for reconciler in self.reconcilers)
        is_over = run.is_over and run.grace_ends_at is None and run.leaves_at is None
        is_unheard_of = run.state.incident.snapshot is None and run.is_degraded("details", NotFound.__name__)
        return not pending and (is_over or is_unheard_of or run.state.has_nothing)
