"""The chat itself: made once. Where the answer was lost it is looked for, and never made again unasked."""

from datetime import timedelta
from typing import Any

from temporalio import workflow

from workflows.contract import call
from workflows.degradations import Degradation
from workflows.errors import BotRemoved, Failure, Gone, NotFound, OutcomeUnknown
from workflows.incident_room.activities import (
    BEGIN_ANEW,
    CREATE_CHAT,
    FIND_CHAT,
    INSTALL_APP,
    OVER,
    RENAME_CHAT,
    SHOW_IN_CHAT,
    ChatFound,
    ChatMade,
    CreateChat,
    FindChat,
    OfChat,
    RenameChat,
    ShowInChat,
)
from workflows.incident_room.run_state import RunState
from workflows.incident_room.state import PRESENCE, Chat, People, State
from workflows.reconcile import NotBefore, Reconciler


def with_bot(state: State, *, is_away: bool) -> State:
    """Teams tells whether the bot is in the chat; without it, the members tell whether the chat is there."""
    if state.chat.stage != "made" or state.bot_removed == is_away:
        return state
    if not is_away:
        return state.recovered(PRESENCE)
    reread = state.with_people(brought=-1, rereads=state.people.rereads + 1)
    return reread.degraded(Degradation(name=PRESENCE, reason=BotRemoved.__name__))


def with_chat_wanted(state: State) -> State:
    """Somebody asks for it: it is to be made, unless it is there or on its way."""
    if state.chat.stage in ("wanted", "in_doubt", "made"):
        return state
    return without_chat(state).with_chat(stage="wanted")


def without_chat(state: State) -> State:
    """Nothing is done any more for a chat that is not there."""
    kept = state.people
    people = People(taken_out=kept.taken_out, asked_for=kept.asked_for, waiting=kept.waiting)
    bare = state.replace(chat=Chat(), people=people, installed=False, shown=False, noted=False)
    return bare.recovered(PRESENCE)


def with_chat_gone(state: State) -> State:
    """It was deleted: whoever wants one asks for a new one."""
    return without_chat(state).with_chat(stage="gone")


def with_chat_archived(state: State) -> State:
    """Nothing is done in it any more. Where everybody was taken out, nobody has a way in."""
    chat, is_left = state.chat, state.people.left
    return without_chat(state).with_chat(
        stage="archived", id=chat.id, url="" if is_left else chat.url, topic=chat.topic
    )


def with_chat_made(state: State, made: ChatMade | ChatFound) -> State:
    """It is there."""
    return state.with_chat(
        stage="made",
        id=made.id,
        url=made.url,
        topic=made.topic,
        shown_topic=made.topic,
        in_doubt_since=None,
    )


def with_chat_unknown(state: State) -> State:
    """Nobody knows whether it was made, and nobody looks for it any more."""
    return state.with_chat(stage="unknown", in_doubt_since=None, unknown_since=workflow.now())


class OfChatReconciler(Reconciler):
    """Does something in the chat. What it hears of a chat counts for no later one."""

    def __init__(self, run: RunState) -> None:
        self._run = run
        self._asked = ""
        """Id of the chat that the last call was about."""

    def of_chat(self) -> dict[str, Any]:
        """What a call about the chat as it is now carries."""
        request = self._run.of_chat()
        self._asked = request.chat
        return request.model_dump()

    def is_same(self) -> bool:
        """The chat that the call was about is still the room's."""
        return self._run.state.chat.id == self._asked


class MicrosoftReconciler(OfChatReconciler):
    """Asks Microsoft for something in the chat: a 404 says that somebody has deleted it."""

    def on_failure(self, failure: Failure) -> None:
        """It is gone, where it is still the room's."""
        if issubclass(failure.kind, NotFound) and self.is_same():
            self._run.apply(with_chat_gone(self._run.state))


class ChatReconciler(Reconciler):
    """Makes the chat of whoever was found. It waits for the search, and for nothing else."""

    name = "chat"

    def __init__(self, run: RunState) -> None:
        self._run = run

    def is_due(self) -> bool:
        """It is wanted, or nobody knows whether it was made."""
        chat, people = self._run.state.chat, self._run.state.people
        if chat.stage == "in_doubt":
            return True
        return chat.stage == "wanted" and chat.refusal is None and people.searched

    def urgencies(self) -> int:
        """Somebody asks for what could not be made before."""
        return self._run.requests

    async def reconcile(self) -> NotBefore | None:
        """Make it, or look for it."""
        if self._run.state.chat.stage == "in_doubt":
            return await self._search()
        await self._make()
        return None

    def on_failure(self, failure: Failure) -> None:
        """A lost answer leaves it in doubt; after any other failure there is certainly none.

        Where Microsoft refuses to be asked for it, nobody will know.
        """
        run, stage = self._run, self._run.state.chat.stage
        if issubclass(failure.kind, OutcomeUnknown) and stage == "wanted":
            run.apply(run.state.with_chat(stage="in_doubt", in_doubt_since=workflow.now()))
        elif stage == "in_doubt" and (failure.pace == "person" or issubclass(failure.kind, Gone)):
            run.tells("nobody knows whether the chat was made")
            run.apply(with_chat_unknown(run.state))

    async def _make(self) -> None:
        run = self._run
        snapshot, plan = run.state.incident.snapshot, run.state.plan
        request = CreateChat(
            **run.call_of(),
            number=snapshot.number if snapshot else None,
            title=snapshot.title if snapshot else "",
            plan=plan,
            owners=run.state.candidates(asked_by=plan.asked_by, program=plan.program),
        )
        made = await call(CREATE_CHAT, request, f"{run.state.people.found} found")
        if made.refusal is not None:
            run.apply(run.state.with_chat(stage="none", refusal=made.refusal))
            return
        run.tells(f"the chat is there: {made.topic}")
        run.apply(with_chat_made(run.state, made))

    async def _search(self) -> NotBefore | None:
        """Look as long as it may turn up; then it is unknown."""
        run, timing = self._run, self._run.start.timing
        since = run.state.chat.in_doubt_since or workflow.now()
        last = workflow.now() - since >= timedelta(seconds=timing.search_for)
        found = await call(FIND_CHAT, FindChat(**run.call_of(), last=last), "is it there?")
        if found.id:
            run.tells(f"the chat was found: {found.topic}")
            run.apply(with_chat_made(run.state, found).with_chat(others=found.others))
            return None
        if found.not_made:
            run.apply(run.state.with_chat(stage="wanted", in_doubt_since=None))
            return None
        if last or not found.can_search:
            run.tells("nobody knows whether the chat was made")
            run.apply(with_chat_unknown(run.state).with_chat(topic=found.topic))
            return None
        return NotBefore(workflow.now() + timedelta(seconds=timing.search_every), "looking for the chat")


class BeginningReconciler(Reconciler):
    """Forgets the intent of a chat that nobody knows of, once somebody asks for another one."""

    name = "beginning"

    def __init__(self, run: RunState) -> None:
        self._run = run

    def urgencies(self) -> int:
        """Somebody asks for what could not be begun before."""
        return self._run.requests

    def is_due(self) -> bool:
        """The row still holds what was given up, and no program waits for that to be deleted."""
        order = self._run.state.order
        is_deleting = order is not None and order.kind == "delete_chat" and order.outcome is None
        return self._run.begins_anew and not is_deleting

    async def reconcile(self) -> None:
        """Forget it, and want another one."""
        run = self._run
        await call(BEGIN_ANEW, run.start.room, "somebody asked again")
        run.begins_anew = False
        run.apply(with_chat_wanted(run.state))


class AppReconciler(MicrosoftReconciler):
    """Brings the bot into the chat."""

    name = "bot"

    def __init__(self, run: RunState) -> None:
        super().__init__(run)
        self._has_asked = run.continues
        """Which app it is stays unknown until this process starts anew: it is asked once."""

    def is_due(self) -> bool:
        """The chat is there and the bot is not in it."""
        state = self._run.state
        is_unknown = state.app_unknown and self._has_asked
        return state.chat.stage == "made" and not state.installed and not is_unknown

    def holds_run(self) -> bool:
        """A chat whose card nobody can show is a chat all the same."""
        return self.is_due() and not self._run.is_stuck(self.name)

    async def reconcile(self) -> None:
        """Install the app; where it is already, that is all right."""
        run = self._run
        installed = await call(INSTALL_APP, OfChat(**self.of_chat()), "the app")
        self._has_asked = True
        if not self.is_same():
            return
        run.apply(run.state.replace(installed=not installed.app_unknown, app_unknown=installed.app_unknown))


class CardReconciler(OfChatReconciler):
    """Has the incident's card shown in the chat, by the run that owns it."""

    name = "card"

    def is_due(self) -> bool:
        """The bot is in the chat, and nobody was told to show the card."""
        state = self._run.state
        is_there = state.chat.stage == "made" and state.installed and not state.bot_removed
        return is_there and not state.shown

    def urgencies(self) -> int:
        """The bot is back."""
        return self._run.returns

    def holds_run(self) -> bool:
        """A card that nobody can show keeps no run alive."""
        return self.is_due() and not self._run.is_stuck(self.name)

    async def reconcile(self) -> None:
        """Register the chat and the card, and start its run."""
        run = self._run
        snapshot = run.state.incident.snapshot
        number = snapshot.number if snapshot else None
        topic, preset = run.state.chat.topic, run.state.plan.preset
        request = ShowInChat(**self.of_chat(), topic=topic, number=number, preset=preset)
        await call(SHOW_IN_CHAT, request, "the incident's card")
        if self.is_same():
            run.apply(run.state.replace(shown=True))


class NamesReconciler(MicrosoftReconciler):
    """The chat is called as the incident is, with a mark once it is over."""

    name = "names"
    defers = True

    def is_due(self) -> bool:
        """The incident is over and its topic does not say so, or it is open and its topic says it is over.

        Or it has a name of its own, and is called otherwise.
        """
        chat, run = self._run.state.chat, self._run
        if chat.stage != "made" or chat.topic == "" or run.state.is_being_archived:
            return False
        if run.state.plan.name and chat.shown_topic.removeprefix(OVER) != chat.topic:
            return True
        return run.is_open if self._has_mark else run.wants_mark

    def holds_run(self) -> bool:
        """Renaming takes a permission that few grant."""
        return self.is_due() and not self._run.is_stuck(self.name)

    async def reconcile(self) -> None:
        """Rename it."""
        run = self._run
        snapshot = run.state.incident.snapshot
        request = RenameChat(
            **self.of_chat(),
            number=snapshot.number if snapshot else None,
            title=snapshot.title if snapshot else "",
            name=run.state.plan.name,
            is_over=run.wants_mark,
        )
        renamed = await call(RENAME_CHAT, request, "resolved" if run.wants_mark else "open")
        if self.is_same():
            run.apply(run.state.with_chat(shown_topic=renamed.topic))

    @property
    def _has_mark(self) -> bool:
        return self._run.state.chat.shown_topic.startswith(OVER)
