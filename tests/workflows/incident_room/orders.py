"""What programs want done with a chat: fakes at the contract's rows."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Protocol

from temporalio import activity

from tests.workflows.incident_room.calls import Calls
from tests.workflows.incident_room.store import Store
from workflows.contract import Done
from workflows.errors import ConsentMissing
from workflows.incident_room import activities as rows
from workflows.incident_room.activities import (
    ARCHIVED,
    OVER,
    ChangeMembersOf,
    MarkArchived,
    MembersChanged,
    OfChat,
    Renamed,
    SetTopicOf,
    TopicSet,
)
from workflows.members import MembersChange, NamedPerson, NotChanged
from workflows.operation.activities import RECORD_OPERATION, RecordOperation
from workflows.operation.state import Ended
from workflows.room import Absence
from workflows.wanted import ASKER, WantedPerson

DELETES = "Chat.ManageDeletion.All"


class OrderedChat(Protocol):
    """As much of a chat as these calls change."""

    id: str
    topic: str
    members: set[str]

    def add(self, people: list[str]) -> None: ...

    def remove(self, people: set[str]) -> None: ...


class FakeOrders(Calls, ABC):
    """By default every permission is granted. An e-mail address names whoever has the id before its ``@``."""

    store: Store
    absent: dict[str, Absence]

    def __init__(self) -> None:
        super().__init__()
        self.may_delete = True
        self.detached: list[str] = []
        """Chats of which nothing goes to their cards any more."""
        self.deleted: list[str] = []
        self.operations: list[RecordOperation] = []
        """How operations ended."""
        self.ended_cards: list[str] = []
        """Chats whose card shows its last state."""

    @abstractmethod
    def _chat(self, request: OfChat) -> Any: ...

    @activity.defn(name=rows.DELETE_CHAT.name)
    async def delete_as_ordered(self, request: OfChat) -> Done:
        return await self._call(rows.DELETE_CHAT, request, partial(self._delete, request), self._note_deleted)

    def _delete(self, request: OfChat) -> Done:
        if not self.may_delete:
            raise ConsentMissing("no consent", code=DELETES).to_application_error()
        if request.chat not in self.deleted:
            self.detached.append(request.chat)
            self.deleted.append(request.chat)
        return Done()

    def _note_deleted(self, _: Done) -> None:
        self.store.stage = "gone"

    @activity.defn(name=rows.SET_TOPIC.name)
    async def set_topic(self, request: SetTopicOf) -> TopicSet:
        return await self._call(rows.SET_TOPIC, request, partial(self._set_topic, request), self._note_named)

    def _set_topic(self, request: SetTopicOf) -> TopicSet:
        name = request.name.replace(":", "").strip()
        if not name:
            return TopicSet()
        chat = self._chat(request)
        chat.topic = f"{OVER}{name}" if request.is_over else name
        return TopicSet(name=name, topic=chat.topic)

    def _note_named(self, done: TopicSet) -> None:
        if done.name:
            self.store.plan = self.store.plan.model_copy(update={"name": done.name})
            self.store.topic, self.store.shown_topic = done.name, done.topic

    @activity.defn(name=rows.END_CARD.name)
    async def end_card(self, request: OfChat) -> Done:
        return await self._call(rows.END_CARD, request, partial(self._end_card, request))

    def _end_card(self, request: OfChat) -> Done:
        if request.chat not in self.ended_cards:
            self.ended_cards.append(request.chat)
        return Done()

    @activity.defn(name=rows.MARK_ARCHIVED.name)
    async def mark_archived(self, request: MarkArchived) -> Renamed:
        return await self._call(rows.MARK_ARCHIVED, request, partial(self._mark, request))

    def _mark(self, request: MarkArchived) -> Renamed:
        chat = self._chat(request)
        chat.topic = f"{ARCHIVED}{request.topic}"
        return Renamed(topic=chat.topic)

    @activity.defn(name=rows.ARCHIVE_ROOM.name)
    async def archive_room(self, request: OfChat) -> Done:
        return await self._call(rows.ARCHIVE_ROOM, request, self._archive)

    def _archive(self) -> Done:
        self.store.stage = "archived"
        return Done()

    @activity.defn(name=rows.ADD_MEMBERS.name)
    async def add_members(self, request: ChangeMembersOf) -> MembersChanged:
        return await self._call(
            rows.ADD_MEMBERS,
            request,
            partial(self._bring_in, request),
            partial(self._note_brought_in, request),
        )

    def _bring_in(self, request: ChangeMembersOf) -> MembersChanged:
        chat, known = self._chat(request), self._known(request)
        chat.add([user for user in known if user not in chat.members])
        return self._members_changed(request, known)

    def _note_brought_in(self, request: ChangeMembersOf, changed: MembersChanged) -> None:
        for user in changed.keys:
            self.store.want(WantedPerson(user=user, rank=ASKER, name=user))
        self.store.note_by_program(changed.keys, by_program=True)
        self.store.note_members(self._chat(request).members)

    @activity.defn(name=rows.REMOVE_MEMBERS.name)
    async def remove_members(self, request: ChangeMembersOf) -> MembersChanged:
        self.store.note_members(self._chat(request).members)
        return await self._call(
            rows.REMOVE_MEMBERS,
            request,
            partial(self._take_out, request),
            partial(self._note_taken_out, request),
        )

    def _take_out(self, request: ChangeMembersOf) -> MembersChanged:
        chat, known = self._chat(request), self._known(request)
        there = [user for user in known if user in chat.members]
        chat.remove(set(there))
        return self._members_changed(request, there)

    def _note_taken_out(self, request: ChangeMembersOf, changed: MembersChanged) -> None:
        self.store.note_by_program(changed.keys, by_program=False)
        self.store.note_members(self._chat(request).members)

    def _known(self, request: ChangeMembersOf) -> list[str]:
        return [user for user in map(_user, request.people) if user not in self.absent]

    def _members_changed(self, request: ChangeMembersOf, changed: list[str]) -> MembersChanged:
        names = {_user(one): one.name for one in request.people}
        refused = [
            NotChanged(who=name, why="no_account" if user in self.absent else "not_there")
            for user, name in names.items()
            if user not in changed
        ]
        change = MembersChange(changed=tuple(names[user] for user in changed), refused=tuple(refused))
        present = len(self._chat(request).members)
        return MembersChanged(change=change, keys=tuple(sorted(changed)), present=present)

    @activity.defn(name=RECORD_OPERATION.name)
    async def record_operation(self, request: RecordOperation) -> Ended:
        return await self._call(RECORD_OPERATION, request, partial(self._record_operation, request))

    def _record_operation(self, request: RecordOperation) -> Ended:
        self.operations.append(request)
        return request.ended

    def order_activities(self) -> list[Callable[..., Awaitable[Any]]]:
        return [
            self.delete_as_ordered,
            self.set_topic,
            self.end_card,
            self.mark_archived,
            self.archive_room,
            self.add_members,
            self.remove_members,
            self.record_operation,
        ]


def _user(named: NamedPerson) -> str:
    return named.user or named.email.partition("@")[0]
