"""Microsoft, PagerDuty and the rows around one incident's chat: fakes at the contract's rows."""

import itertools
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from tests.support.life import ADA, BO, CY, Life
from tests.workflows.incident_room.calls import LOST, Row
from tests.workflows.incident_room.meetings import FakeMeetings
from tests.workflows.incident_room.orders import FakeOrders
from tests.workflows.incident_room.store import Store
from workflows.channel_incident.activities import (
    READ_DETAILS,
    RECORD_CLICKS,
    RESTORE_INCIDENT,
    TELL_PERSON,
    ReadDetails,
    RecordClicks,
    TellPerson,
)
from workflows.contract import Done
from workflows.errors import OutcomeUnknown
from workflows.incident.events import Details
from workflows.incident_room import activities as rows
from workflows.incident_room.activities import (
    AddPeople,
    Admit,
    Admitted,
    Announce,
    ChatFound,
    ChatMade,
    CreateChat,
    FindChat,
    IdentifyPeople,
    Installed,
    NoteChat,
    OfChat,
    OpenRoom,
    PeopleBrought,
    PeopleFound,
    PeopleRemoved,
    RemovePeople,
    RenameChat,
    Renamed,
    ShowInChat,
    StoredRoom,
    SumUp,
)
from workflows.incident_room.messages import RoomKey
from workflows.incident_room.state import Asker
from workflows.presets import Preset
from workflows.room import Absence, Absent, Room
from workflows.verbs.outcomes import Outcome, RecordedOutcome
from workflows.wanted import ASKER, WantedPerson

USERS = {one.name: one.id for one in (ADA, BO, CY)}
OVER = "✓ "


class Chat:
    """A chat as Microsoft has it."""

    def __init__(self, id: str, topic: str, members: list[str]) -> None:
        self.id = id
        self.topic = topic
        self.made_at = datetime.now(UTC)
        self.joined = members
        """Everybody who was ever brought in, in order."""
        self.members = set(members)
        self.removed: list[str] = []
        """Everybody who was ever taken out, in order."""
        self.has_bot = False

    @property
    def url(self) -> str:
        return f"https://teams.example/{self.id}"

    def add(self, people: list[str]) -> None:
        self.members |= set(people)
        self.joined += people

    def remove(self, people: set[str]) -> None:
        self.removed += sorted(self.members & people)
        self.members -= people


class FakeActivities(FakeMeetings, FakeOrders):
    """By default everything works at once, and everybody who is wanted is found."""

    def __init__(self, life: Life | None = None) -> None:
        super().__init__()
        self.life = life or Life(began=datetime.now(UTC) - timedelta(hours=1))
        self.store = Store()
        self.chats: list[Chat] = []
        self.absent: dict[str, Absence] = {}
        """Why somebody, by PagerDuty's id, cannot be in a chat."""
        self.lacks: tuple[str, ...] = ()
        """Permissions without which some are not looked for."""
        self.dropped: set[str] = set()
        """Whom Microsoft leaves out of a create without a word."""
        self.places = 60
        """How many one call brings in."""
        self.can_search = True
        """The permission to search for chats is granted."""
        self.app_unknown = False
        self.refused: Outcome | None = None
        """How PagerDuty refuses whoever asks."""
        self.notes: list[str] = []
        self.shown: list[str] = []
        """Chats whose card's run was started."""
        self.presets: list[Preset] = []
        """With which the cards entered those chats."""
        self.announced: list[Room] = []
        self.summaries: list[SumUp] = []
        self.informed: list[TellPerson] = []
        self._ids = itertools.count(1)

    def delete_chat(self) -> None:
        """Somebody deletes it in Teams, and the next that needs it notes so."""
        self.store.stage = "gone"

    @property
    def chat(self) -> Chat | None:
        """The one that the room's row knows."""
        return next((one for one in self.chats if one.id == self.store.chat), None)

    @property
    def members(self) -> set[str]:
        return self.chat.members if self.chat else set()

    @property
    def recorded(self) -> list[RecordedOutcome]:
        return self.store.recorded

    @property
    def found(self) -> list[str]:
        """Who can be in the chat, by rank."""
        return [one.user for one in self.store.invited() if one.user not in self.absent]

    # Whoever asks, and the rows

    @activity.defn(name=rows.ADMIT.name)
    async def admit(self, request: Admit) -> Admitted:
        name = request.click.person.name
        asker = Asker(pagerduty_user=USERS.get(name, f"P-{name}"), name=name)
        return await self._admit(rows.ADMIT, request, asker)

    @activity.defn(name=rows.OPEN_ROOM.name)
    async def open_room(self, request: OpenRoom) -> Admitted:
        owner = Asker(pagerduty_user=request.owner, name="Owner") if request.owner else None
        return await self._admit(rows.OPEN_ROOM, request, owner)

    async def _admit(self, row: Row, request: Admit | OpenRoom, asker: Asker | None) -> Admitted:
        """The room has a row before PagerDuty is asked, and whoever asks is wanted after it."""
        self.store.exists = True
        return await self._call(row, request, partial(self._admitted, asker), self._want_asker)

    def _admitted(self, asker: Asker | None) -> Admitted:
        if self.refused is not None:
            return Admitted(refused=self.refused)
        return Admitted(asker=asker, tenant_name="Acme", details=self._as_it_is())

    def _want_asker(self, admitted: Admitted) -> None:
        if admitted.refused is not None:
            self.store.exists = bool(self.store.members)
        elif (asker := admitted.asker) is not None:
            person = WantedPerson(user=asker.pagerduty_user, rank=ASKER, name=asker.name)
            self.store.want(person, asked=True)

    @activity.defn(name=rows.RESTORE_ROOM.name)
    async def restore_room(self, room: RoomKey) -> StoredRoom:
        return await self._call(rows.RESTORE_ROOM, room, self._restored)

    def _restored(self) -> StoredRoom:
        return self.store.restored().model_copy(update={"meeting": self.stored_meeting()})

    @activity.defn(name=rows.BEGIN_ANEW.name)
    async def begin_anew(self, room: RoomKey) -> Done:
        return await self._call(rows.BEGIN_ANEW, room, partial(_done, self.store.begin_anew))

    @activity.defn(name=RECORD_CLICKS.name)
    async def record_clicks(self, request: RecordClicks) -> Done:
        return await self._call(RECORD_CLICKS, request, partial(_done, self._record, request))

    def _record(self, request: RecordClicks) -> None:
        for one in request.clicks:
            self.store.record(RecordedOutcome(key=one.click.key, outcome=one.outcome))

    # The chat

    @activity.defn(name=rows.CREATE_CHAT.name)
    async def create_chat(self, request: CreateChat) -> ChatMade:
        """The row holds the intent before; where the answer is lost, it holds nothing more."""
        plan = request.plan
        topic = plan.name or f"Incident #{request.number} {request.title}"
        owner_is_here = not plan.owner or plan.owner in self.found
        if self.store.stage in ("made", "making") or len(self.found) < 2 or not owner_is_here:
            return await self._call(
                rows.CREATE_CHAT, request, partial(self._create_none, topic, owner_is_here=owner_is_here)
            )
        self.store.begin(topic, plan)
        try:
            return await self._call(rows.CREATE_CHAT, request, self._create, self._note_made)
        except ApplicationError as error:
            if error.type != OutcomeUnknown.__name__:
                self.store.note_not_made()
            raise

    def _create_none(self, topic: str, *, owner_is_here: bool) -> ChatMade:
        if self.store.stage == "making":
            raise LOST.to_application_error()
        if self.store.stage == "made":
            return ChatMade(id=self.store.chat, url=self.store.url, topic=self.store.topic)
        return ChatMade(topic=topic, refusal="nobody_to_talk_to" if owner_is_here else "owner_absent")

    def _create(self) -> ChatMade:
        first = [user for user in self.found[:20] if user not in self.dropped]
        chat = Chat(f"19:{next(self._ids)}chat@thread.v2", self.store.topic, first)
        self.chats.append(chat)
        return ChatMade(id=chat.id, url=chat.url, topic=chat.topic)

    def _note_made(self, made: ChatMade) -> None:
        self.store.note_made(made.id, made.url)

    @activity.defn(name=rows.FIND_CHAT.name)
    async def find_chat(self, request: FindChat) -> ChatFound:
        return await self._call(rows.FIND_CHAT, request, self._find, partial(self._note_found, request))

    def _find(self) -> ChatFound:
        store = self.store
        if store.stage == "made":
            return ChatFound(id=store.chat, url=store.url, topic=store.topic)
        if store.stage == "none":
            return ChatFound(topic=store.topic, not_made=True)
        if not self.can_search:
            return ChatFound(topic=store.topic, can_search=False)
        assert store.began_at is not None
        ours = [one for one in self.chats if one.topic == store.topic and one.made_at >= store.began_at]
        if not ours:
            return ChatFound(topic=store.topic)
        return ChatFound(id=ours[0].id, url=ours[0].url, topic=store.topic, others=len(ours) - 1)

    def _note_found(self, request: FindChat, found: ChatFound) -> None:
        if found.id:
            self.store.note_made(found.id, found.url, found.others)
        elif request.last or not found.can_search:
            self.store.note_unknown()

    @activity.defn(name=rows.INSTALL_APP.name)
    async def install_app(self, request: OfChat) -> Installed:
        return await self._call(
            rows.INSTALL_APP, request, partial(self._install, request), self._note_installed
        )

    def _install(self, request: OfChat) -> Installed:
        if self.app_unknown:
            return Installed(app_unknown=True)
        self._chat(request).has_bot = True
        return Installed()

    def _note_installed(self, installed: Installed) -> None:
        self.store.installed = not installed.app_unknown

    @activity.defn(name=rows.RENAME_CHAT.name)
    async def rename_chat(self, request: RenameChat) -> Renamed:
        return await self._call(rows.RENAME_CHAT, request, partial(self._rename, request), self._note_renamed)

    def _rename(self, request: RenameChat) -> Renamed:
        chat = self._chat(request)
        topic = request.name or f"Incident #{request.number} {request.title}"
        chat.topic = f"{OVER}{topic}" if request.is_over else topic
        return Renamed(topic=chat.topic)

    def _note_renamed(self, renamed: Renamed) -> None:
        self.store.shown_topic = renamed.topic

    def _chat(self, request: OfChat) -> Chat:
        """The chat that the request is about, which must be the one that was made."""
        assert self.chat is not None
        assert self.chat.id == request.chat
        return self.chat

    # Its people

    @activity.defn(name=rows.IDENTIFY_PEOPLE.name)
    async def identify_people(self, request: IdentifyPeople) -> PeopleFound:
        for one in request.wanted:
            self.store.want(one)
        return await self._call(rows.IDENTIFY_PEOPLE, request, self._identify)

    def _identify(self) -> PeopleFound:
        absent = self._absent()
        return PeopleFound(found=len(self.found), absent=absent, absent_count=len(absent), lacks=self.lacks)

    def _absent(self) -> tuple[Absent, ...]:
        """Those who are wanted and cannot be there."""
        members = self.store.members
        named = ((members[user].name, why) for user, why in self.absent.items() if user in members)
        return tuple(Absent(name=name, why=why) for name, why in named)

    @activity.defn(name=rows.ADD_PEOPLE.name)
    async def add_people(self, request: AddPeople) -> PeopleBrought:
        """The first read back tells who has left by themselves, and they are not brought in again."""
        chat = self._chat(request)
        self.store.take_out(request.back, out=False)
        self.store.note_members(chat.members)
        return await self._call(
            rows.ADD_PEOPLE, request, partial(self._add, chat), partial(self._note_added, chat)
        )

    def _add(self, chat: Chat) -> PeopleBrought:
        has_left = {one.user for one in self.store.members.values() if one.has_left}
        lacking = [user for user in self.found if user not in chat.members | has_left]
        chat.add(lacking[: self.places])
        absent = self._absent()
        return PeopleBrought(
            present=self._present(chat),
            more=len(lacking) > self.places,
            absent=absent,
            absent_count=len(absent),
        )

    def _note_added(self, chat: Chat, _: PeopleBrought) -> None:
        self.store.note_members(chat.members)
        self.store.left = False

    @activity.defn(name=rows.REMOVE_PEOPLE.name)
    async def remove_people(self, request: RemovePeople) -> PeopleRemoved:
        """The rows say so before: whom Muster takes out has not left by themselves."""
        chat = self._chat(request)
        known = set(self.store.members) - set(self.absent)
        leaving = known if request.everybody else known & set(request.users)
        self.store.take_out(request.users, out=True)
        self.store.note_removed(leaving)
        self.store.left = self.store.left or request.everybody
        return await self._call(
            rows.REMOVE_PEOPLE,
            request,
            partial(self._remove, chat, leaving),
            partial(self._note_removed, chat),
        )

    def _remove(self, chat: Chat, leaving: set[str]) -> PeopleRemoved:
        chat.remove(leaving)
        return PeopleRemoved(present=self._present(chat))

    def _note_removed(self, chat: Chat, _: PeopleRemoved) -> None:
        self.store.note_members(chat.members)

    def _present(self, chat: Chat) -> int:
        return len(chat.members.intersection(self.found))

    # What others are told

    @activity.defn(name=rows.SHOW_IN_CHAT.name)
    async def show_in_chat(self, request: ShowInChat) -> Done:
        return await self._call(
            rows.SHOW_IN_CHAT, request, partial(_done, self._show, request), self._note_shown
        )

    def _show(self, request: ShowInChat) -> None:
        assert self._chat(request).has_bot
        if request.chat not in self.shown:
            self.shown.append(request.chat)
            self.presets.append(request.preset)

    def _note_shown(self, _: Done) -> None:
        self.store.shown = True

    @activity.defn(name=rows.NOTE_CHAT.name)
    async def note_chat(self, request: NoteChat) -> Done:
        return await self._call(
            rows.NOTE_CHAT, request, partial(_done, self._note, request), self._note_noted
        )

    def _note(self, request: NoteChat) -> None:
        if request.url not in self.notes:
            self.notes.append(request.url)

    def _note_noted(self, _: Done) -> None:
        self.store.noted = True

    @activity.defn(name=rows.ANNOUNCE.name)
    async def announce(self, request: Announce) -> Done:
        """New cards know it before the others are told."""
        self.store.note_told(request.told)
        return await self._call(rows.ANNOUNCE, request, partial(_done, self.announced.append, request.told))

    @activity.defn(name=rows.SUM_UP.name)
    async def sum_up(self, request: SumUp) -> Done:
        """The row holds the intent before the send: it is said at most once."""
        return await self._call(rows.SUM_UP, request, partial(_done, self._say, request))

    def _say(self, request: SumUp) -> None:
        if self.store.intend_summary(request.resolved_at):
            self.summaries.append(request)

    @activity.defn(name=TELL_PERSON.name)
    async def tell_person(self, request: TellPerson) -> Done:
        return await self._call(TELL_PERSON, request, partial(_done, self.informed.append, request))

    # The incident

    @activity.defn(name=READ_DETAILS.name)
    async def read_details(self, request: ReadDetails) -> Details:
        return await self._call(READ_DETAILS, request, partial(self._as_it_is, read_for=request.wanted))

    @activity.defn(name=RESTORE_INCIDENT.name)
    async def restore_incident(self, request: ReadDetails) -> Details:
        return await self._call(RESTORE_INCIDENT, request, partial(self._as_it_is, read_for=request.wanted))

    def _as_it_is(self, **more: Any) -> Details:
        """What REST says of the incident, with the bridge that it has by now."""
        details = self.life.details(**more)
        snapshot = details.snapshot.model_copy(update={"bridge": self.bridge})
        return details.model_copy(update={"snapshot": snapshot})

    def activities(self) -> list[Callable[..., Awaitable[Any]]]:
        return [
            self.admit,
            self.open_room,
            self.restore_room,
            self.begin_anew,
            self.identify_people,
            self.create_chat,
            self.find_chat,
            self.add_people,
            self.remove_people,
            self.install_app,
            self.show_in_chat,
            self.note_chat,
            self.announce,
            self.rename_chat,
            self.sum_up,
            self.tell_person,
            self.record_clicks,
            self.read_details,
            self.restore_incident,
            *self.meeting_activities(),
            *self.order_activities(),
        ]


def _done(do: Callable[..., object], *arguments: object) -> Done:
    do(*arguments)
    return Done()
