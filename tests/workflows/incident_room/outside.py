"""Microsoft, PagerDuty and the rows around one incident's chat: fakes at the contract's rows."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple

from temporalio import activity

from tests.support.life import ADA, BO, CY, Life
from tests.support.waiting import Changes
from tests.workflows.incident_room.meetings import FakeMeetings
from workflows.channel_incident.activities import (
    READ_DETAILS,
    RECORD_CLICKS,
    RESTORE_INCIDENT,
    TELL_PERSON,
    ReadDetails,
    RecordClicks,
    TellPerson,
)
from workflows.contract import Activity, Done
from workflows.errors import OutcomeUnknown, OutsideError
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
from workflows.room import Absence, Absent, Room
from workflows.verbs.outcomes import Outcome, RecordedOutcome
from workflows.wanted import ASKER, WantedPerson

Row = Activity[Any, Any]
Stage = Literal["none", "making", "unknown", "made", "gone"]
LOST = OutcomeUnknown("the answer was lost")
USERS = {one.name: one.id for one in (ADA, BO, CY)}
OVER = "✓ "


class Mishap(NamedTuple):
    """What goes wrong with a call: before it is done, or after it."""

    when: Literal["before", "after", "dies"]
    error: OutsideError = LOST


class Chat:
    """A chat as Microsoft has it."""

    def __init__(self, id: str, topic: str, members: list[str]) -> None:
        self.id = id
        self.topic = topic
        self.made_at = datetime.now(UTC)
        self.joined = members
        """Everybody who was ever brought in, in order."""
        self.members = set(members)
        self.has_bot = False

    @property
    def url(self) -> str:
        return f"https://teams.example/{self.id}"


class FakeActivities(FakeMeetings):
    """By default everything works at once, and everybody who is wanted is found.

    ``fails`` makes the next calls of a row fail before anything is done, ``loses`` after it was done, and
    ``dies`` kills their worker then; ``holds`` makes them wait.
    """

    def __init__(self, life: Life | None = None) -> None:
        super().__init__()
        self.life = life or Life(began=datetime.now(UTC) - timedelta(hours=1))
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
        self.announced: list[Room] = []
        self.summaries: list[SumUp] = []
        self.informed: list[TellPerson] = []
        self.recorded: list[RecordedOutcome] = []
        self.calls: list[tuple[str, Any]] = []
        """All that began, in order, with what it was given."""

        # The room's row, and its people's.
        self.exists = False
        self.stage: Stage = "none"
        self.topic = ""
        self.began_at: datetime | None = None
        self.others = 0
        self.chat: Chat | None = None
        self.installed = False
        self.bot_removed = False
        self.noted = False
        self.told: Room | None = None
        self.summed_up: datetime | None = None
        self.left = False
        self.wanted: dict[str, WantedPerson] = {}
        self.askers: dict[str, str] = {}

        self._ids = itertools.count(1)
        self._mishaps: dict[str, list[Mishap]] = {}
        self._broken: dict[str, OutsideError] = {}
        self._held: dict[str, asyncio.Event] = {}
        self._changes = Changes()

    # What a test says about the outside

    def fails(self, row: Row, *errors: OutsideError) -> None:
        self._mishaps.setdefault(row.name, []).extend(Mishap("before", error) for error in errors)

    def loses(self, row: Row) -> None:
        self._mishaps.setdefault(row.name, []).append(Mishap("after"))

    def dies(self, row: Row) -> None:
        self._mishaps.setdefault(row.name, []).append(Mishap("dies"))

    def breaks(self, row: Row, error: OutsideError) -> None:
        """Every call of the row fails."""
        self._broken[row.name] = error

    def recovers(self, row: Row) -> None:
        self._broken.pop(row.name, None)

    def holds(self, row: Row) -> asyncio.Event:
        """The row's calls wait until the event is set."""
        self._held[row.name] = asyncio.Event()
        return self._held[row.name]

    async def until(self, condition: Callable[[], bool], *, within: float = 20) -> None:
        await self._changes.until(condition, within=within)

    def delete_chat(self) -> None:
        """Somebody deletes it in Teams, and the next that needs it notes so."""
        assert self.chat is not None
        self.stage = "gone"

    # What a test asks of the outside

    def of(self, row: Row) -> list[Any]:
        """What each call of the row was given."""
        return [argument for name, argument in self.calls if name == row.name]

    def count(self, row: Row) -> int:
        return len(self.of(row))

    @property
    def members(self) -> set[str]:
        return self.chat.members if self.chat else set()

    @property
    def found(self) -> list[str]:
        """Who can be in the chat, by rank."""
        ranked = sorted(self.wanted.values(), key=lambda one: (one.rank, one.user))
        return [one.user for one in ranked if one.user not in self.absent]

    # The activities

    async def _answer(self, row: Row, argument: Any, answer: Callable[[Any], Any]) -> Any:
        self.calls.append((row.name, argument))
        self._changes.add()
        if row.name in self._held:
            await self._held[row.name].wait()
        if broken := self._broken.get(row.name):
            raise broken.to_application_error()
        mishaps = self._mishaps.get(row.name)
        mishap = mishaps.pop(0) if mishaps else None
        if mishap is not None and mishap.when == "before":
            raise mishap.error.to_application_error()
        result = answer(argument)
        self._changes.add()
        if mishap is not None and mishap.when == "after":
            raise LOST.to_application_error()
        if mishap is not None:
            await asyncio.Event().wait()
        return result

    @activity.defn(name=rows.ADMIT.name)
    async def admit(self, request: Admit) -> Admitted:
        admitted: Admitted = await self._answer(rows.ADMIT, request, self._admit)
        return admitted

    def _admit(self, request: Admit) -> Admitted:
        if self.refused is not None:
            return Admitted(refused=self.refused)
        name = request.click.person.name
        user = USERS.get(name, f"P-{name}")
        self.exists = True
        self.askers[user] = name
        self._want(WantedPerson(user=user, rank=ASKER, name=name))
        details = self._as_it_is()
        return Admitted(asker=Asker(pagerduty_user=user, name=name), tenant_name="Acme", details=details)

    @activity.defn(name=rows.OPEN_ROOM.name)
    async def open_room(self, request: OpenRoom) -> Admitted:
        admitted: Admitted = await self._answer(rows.OPEN_ROOM, request, self._open)
        return admitted

    def _open(self, request: OpenRoom) -> Admitted:
        if self.refused is not None:
            return Admitted(refused=self.refused)
        owner = Asker(pagerduty_user=request.owner, name="Owner") if request.owner else None
        self.exists = True
        if owner is not None:
            self.askers[owner.pagerduty_user] = owner.name
            self._want(WantedPerson(user=owner.pagerduty_user, rank=ASKER, name=owner.name))
        return Admitted(asker=owner, tenant_name="Acme", details=self._as_it_is())

    @activity.defn(name=rows.RESTORE_ROOM.name)
    async def restore_room(self, room: RoomKey) -> StoredRoom:
        stored: StoredRoom = await self._answer(rows.RESTORE_ROOM, room, self._restore)
        return stored

    def _restore(self, _: RoomKey) -> StoredRoom:
        if not self.exists:
            return StoredRoom()
        chat = self.chat if self.stage in ("made", "gone") else None
        return StoredRoom(
            exists=True,
            tenant="tenant",
            tenant_name="Acme",
            stage=self.stage,
            topic=self.topic,
            began_at=self.began_at,
            id=chat.id if chat else "",
            url=chat.url if chat else "",
            shown_topic=chat.topic if chat else "",
            others=self.others,
            installed=self.installed,
            shown=bool(chat and chat.id in self.shown),
            noted=self.noted,
            told=self.told,
            summed_up=self.summed_up,
            askers=tuple(Asker(pagerduty_user=user, name=name) for user, name in self.askers.items()),
            searched_for=tuple(sorted(self.wanted)),
            left=self.left,
            present=len(self.members & set(self.found)),
            bot_removed=self.bot_removed,
            clicks=tuple(
                one
                for one in self.recorded
                if one.outcome.kind in ("done", "already") or one.outcome.reason == "chat_unknown"
            ),
            meeting=self.stored_meeting(),
        )

    @activity.defn(name=rows.BEGIN_ANEW.name)
    async def begin_anew(self, room: RoomKey) -> Done:
        done: Done = await self._answer(rows.BEGIN_ANEW, room, self._begin_anew)
        return done

    def _begin_anew(self, _: RoomKey) -> Done:
        if self.stage in ("unknown", "gone"):
            self.stage, self.chat, self.installed, self.noted = "none", None, False, False
        return Done()

    @activity.defn(name=rows.IDENTIFY_PEOPLE.name)
    async def identify_people(self, request: IdentifyPeople) -> PeopleFound:
        found: PeopleFound = await self._answer(rows.IDENTIFY_PEOPLE, request, self._identify)
        return found

    def _identify(self, request: IdentifyPeople) -> PeopleFound:
        for one in request.wanted:
            self._want(one)
        absent = self._absent()
        return PeopleFound(found=len(self.found), absent=absent, absent_count=len(absent), lacks=self.lacks)

    def _want(self, one: WantedPerson) -> None:
        held = self.wanted.get(one.user, one)
        self.wanted[one.user] = held.model_copy(update={"rank": min(held.rank, one.rank)})

    def _absent(self) -> tuple[Absent, ...]:
        """Those who are wanted and are not there."""
        named = ((self.wanted[user].name, why) for user, why in self.absent.items() if user in self.wanted)
        return tuple(Absent(name=name, why=why) for name, why in named)

    @activity.defn(name=rows.CREATE_CHAT.name)
    async def create_chat(self, request: CreateChat) -> ChatMade:
        """The row holds the intent before; where the answer is lost, it holds nothing more."""
        self._begin(request)
        begun, number = self.stage, len(self.chats)
        try:
            made: ChatMade = await self._answer(rows.CREATE_CHAT, request, self._create)
        except BaseException as error:
            is_lost = getattr(error, "type", None) in (None, OutcomeUnknown.__name__)
            if begun == "making" and not is_lost:
                self.stage = "none"
            elif len(self.chats) > number:
                self.stage, self.chat = "making", None
            raise
        return made

    def _begin(self, request: CreateChat) -> None:
        if self.stage == "none" and len(self.found) > 1:
            self.stage = "making"
            self.topic = f"Incident #{request.number} {request.title}"
            self.began_at = datetime.now(UTC)
            self._is_mine = True
        else:
            self._is_mine = False

    def _create(self, _: CreateChat) -> ChatMade:
        if self.stage == "made" and self.chat is not None:
            return ChatMade(id=self.chat.id, url=self.chat.url, topic=self.topic)
        if self.stage == "none":
            return ChatMade(topic=self.topic, refusal="nobody_to_talk_to")
        if not self._is_mine:
            raise LOST.to_application_error()
        first = [user for user in self.found[:20] if user not in self.dropped]
        self._made(self._new_chat(first))
        assert self.chat is not None
        return ChatMade(id=self.chat.id, url=self.chat.url, topic=self.topic)

    def _new_chat(self, members: list[str]) -> Chat:
        chat = Chat(f"19:{next(self._ids)}chat@thread.v2", self.topic, members)
        self.chats.append(chat)
        return chat

    def _made(self, chat: Chat) -> None:
        self.stage, self.chat = "made", chat

    @activity.defn(name=rows.FIND_CHAT.name)
    async def find_chat(self, request: FindChat) -> ChatFound:
        found: ChatFound = await self._answer(rows.FIND_CHAT, request, self._find)
        return found

    def _find(self, request: FindChat) -> ChatFound:
        if not self.can_search:
            self.stage = "unknown"
            return ChatFound(topic=self.topic, can_search=False)
        began_at = self.began_at
        assert began_at is not None
        since = [one for one in self.chats if one.topic == self.topic and one.made_at >= began_at]
        if not since:
            self.stage = "unknown" if request.last else self.stage
            return ChatFound(topic=self.topic)
        self._made(since[0])
        self.others = len(since) - 1
        return ChatFound(id=since[0].id, url=since[0].url, topic=self.topic, others=self.others)

    @activity.defn(name=rows.ADD_PEOPLE.name)
    async def add_people(self, request: AddPeople) -> PeopleBrought:
        brought: PeopleBrought = await self._answer(rows.ADD_PEOPLE, request, self._add)
        return brought

    def _add(self, request: OfChat) -> PeopleBrought:
        chat = self._chat(request)
        lacking = [user for user in self.found if user not in chat.members]
        chat.members |= set(lacking[: self.places])
        chat.joined += lacking[: self.places]
        self.left = False
        absent = self._absent()
        return PeopleBrought(
            present=len(chat.members),
            more=len(lacking) > self.places,
            absent=absent,
            absent_count=len(absent),
        )

    @activity.defn(name=rows.REMOVE_PEOPLE.name)
    async def remove_people(self, request: RemovePeople) -> PeopleRemoved:
        removed: PeopleRemoved = await self._answer(rows.REMOVE_PEOPLE, request, self._remove)
        return removed

    def _remove(self, request: RemovePeople) -> PeopleRemoved:
        chat = self._chat(request)
        chat.members -= set(self.wanted) if request.everybody else set(request.users)
        self.left = self.left or request.everybody
        return PeopleRemoved(present=len(chat.members))

    @activity.defn(name=rows.INSTALL_APP.name)
    async def install_app(self, request: OfChat) -> Installed:
        installed: Installed = await self._answer(rows.INSTALL_APP, request, self._install)
        return installed

    def _install(self, request: OfChat) -> Installed:
        if self.app_unknown:
            return Installed(app_unknown=True)
        self._chat(request).has_bot = self.installed = True
        return Installed()

    @activity.defn(name=rows.SHOW_IN_CHAT.name)
    async def show_in_chat(self, request: ShowInChat) -> Done:
        done: Done = await self._answer(rows.SHOW_IN_CHAT, request, self._show)
        return done

    def _show(self, request: ShowInChat) -> Done:
        assert self._chat(request).has_bot
        if request.chat not in self.shown:
            self.shown.append(request.chat)
        return Done()

    @activity.defn(name=rows.NOTE_CHAT.name)
    async def note_chat(self, request: NoteChat) -> Done:
        done: Done = await self._answer(rows.NOTE_CHAT, request, self._note)
        return done

    def _note(self, request: NoteChat) -> Done:
        if request.url not in self.notes:
            self.notes.append(request.url)
        self.noted = True
        return Done()

    @activity.defn(name=rows.ANNOUNCE.name)
    async def announce(self, request: Announce) -> Done:
        done: Done = await self._answer(rows.ANNOUNCE, request, self._announce)
        return done

    def _announce(self, request: Announce) -> Done:
        self.told = request.told
        self.announced.append(request.told)
        return Done()

    @activity.defn(name=rows.RENAME_CHAT.name)
    async def rename_chat(self, request: RenameChat) -> Renamed:
        renamed: Renamed = await self._answer(rows.RENAME_CHAT, request, self._rename)
        return renamed

    def _rename(self, request: RenameChat) -> Renamed:
        chat = self._chat(request)
        topic = f"Incident #{request.number} {request.title}"
        chat.topic = f"{OVER}{topic}" if request.is_over else topic
        return Renamed(topic=chat.topic)

    @activity.defn(name=rows.SUM_UP.name)
    async def sum_up(self, request: SumUp) -> Done:
        done: Done = await self._answer(rows.SUM_UP, request, self._sum_up)
        return done

    def _sum_up(self, request: SumUp) -> Done:
        if self.summed_up != request.resolved_at:
            self.summed_up = request.resolved_at
            self.summaries.append(request)
        return Done()

    @activity.defn(name=TELL_PERSON.name)
    async def tell_person(self, request: TellPerson) -> Done:
        done: Done = await self._answer(TELL_PERSON, request, self._tell)
        return done

    def _tell(self, request: TellPerson) -> Done:
        self.informed.append(request)
        return Done()

    @activity.defn(name=RECORD_CLICKS.name)
    async def record_clicks(self, request: RecordClicks) -> Done:
        done: Done = await self._answer(RECORD_CLICKS, request, self._record)
        return done

    def _record(self, request: RecordClicks) -> Done:
        self.recorded += [RecordedOutcome(key=one.click.key, outcome=one.outcome) for one in request.clicks]
        return Done()

    @activity.defn(name=READ_DETAILS.name)
    async def read_details(self, request: ReadDetails) -> Details:
        details: Details = await self._answer(READ_DETAILS, request, self._details)
        return details

    @activity.defn(name=RESTORE_INCIDENT.name)
    async def restore_incident(self, request: ReadDetails) -> Details:
        details: Details = await self._answer(RESTORE_INCIDENT, request, self._details)
        return details

    def _details(self, request: ReadDetails) -> Details:
        return self._as_it_is(read_for=request.wanted)

    def _as_it_is(self, **more: Any) -> Details:
        """What REST says of the incident, with the bridge that it has by now."""
        details = self.life.details(**more)
        snapshot = details.snapshot.model_copy(update={"bridge": self.bridge})
        return details.model_copy(update={"snapshot": snapshot})

    def _chat(self, request: OfChat) -> Chat:
        """The chat that the request is about, which must be the one that was made."""
        assert self.chat is not None
        assert self.chat.id == request.chat
        return self.chat

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
        ]
