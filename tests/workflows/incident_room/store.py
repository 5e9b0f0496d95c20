"""What the database holds of a room in tests of its workflow: the room's row, and a row of each person.

The methods do what the statements of ``muster/store/rooms.sql`` and ``room_members.sql`` do. In the tenant a
person is known by the id that PagerDuty has for them.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from workflows.incident_room.activities import StoredRoom
from workflows.incident_room.state import Asker, Plan
from workflows.room import Room
from workflows.verbs.outcomes import RecordedOutcome
from workflows.wanted import WantedPerson

Stage = Literal["none", "making", "unknown", "made", "gone", "archived"]


@dataclass
class Member:
    """Somebody who is wanted in the chat."""

    user: str
    rank: int
    name: str
    asked: bool = False
    in_chat: bool = False
    """By the last read back."""
    has_left: bool = False
    """By themselves: nobody brings them back."""
    taken_out: bool = False
    by_program: bool = False


class Store:
    """The room's row, which is there once somebody asks for the chat, and its people's."""

    def __init__(self) -> None:
        self.exists = False
        self.stage: Stage = "none"
        self.topic = ""
        self.plan = Plan()
        self.began_at: datetime | None = None
        self.chat = ""
        self.url = ""
        self.shown_topic = ""
        self.others = 0
        self.installed = False
        self.bot_removed = False
        self.shown = False
        self.noted = False
        self.told: Room | None = None
        self.summed_up: datetime | None = None
        self.left = False
        """Everybody was taken out."""
        self.members: dict[str, Member] = {}
        self.recorded: list[RecordedOutcome] = []

    def restored(self) -> StoredRoom:
        if not self.exists:
            return StoredRoom()
        people = sorted(self.members.values(), key=lambda one: one.user)
        return StoredRoom(
            exists=True,
            tenant="tenant",
            tenant_name="Acme",
            stage=self.stage,
            topic=self.topic,
            name=self.plan.name,
            preset=self.plan.preset,
            began_at=self.began_at,
            id=self.chat,
            url=self.url,
            shown_topic=self.shown_topic,
            others=self.others,
            installed=self.installed,
            bot_removed=self.bot_removed,
            shown=self.shown,
            noted=self.noted,
            told=self.told,
            summed_up=self.summed_up,
            askers=tuple(Asker(pagerduty_user=one.user, name=one.name) for one in people if one.asked),
            searched_for=tuple(one.user for one in people),
            taken_out=tuple(one.user for one in people if one.taken_out),
            asked_for=tuple(one.user for one in people if one.by_program),
            left=self.left,
            present=sum(one.in_chat for one in people),
            clicks=tuple(
                one
                for one in self.recorded
                if one.outcome.kind in ("done", "already") or one.outcome.reason == "chat_unknown"
            ),
        )

    # The chat

    def begin(self, topic: str, plan: Plan) -> None:
        self.stage, self.topic, self.began_at = "making", topic, datetime.now(UTC)
        self.plan = plan

    def note_made(self, chat: str, url: str, others: int = 0) -> None:
        if self.stage in ("making", "unknown"):
            self.stage, self.chat, self.url, self.others = "made", chat, url, others
            self.shown_topic = self.topic

    def note_not_made(self) -> None:
        if self.stage in ("making", "unknown"):
            self.stage = "none"

    def note_unknown(self) -> None:
        if self.stage == "making":
            self.stage = "unknown"

    def begin_anew(self) -> None:
        if self.stage in ("unknown", "gone", "archived"):
            self.stage, self.chat, self.url, self.shown_topic = "none", "", "", ""
            self.installed = self.shown = self.noted = False
        for one in self.members.values():
            one.in_chat = one.has_left = False

    def note_told(self, told: Room) -> None:
        if self.told is None or self.told.number < told.number:
            self.told = told

    def intend_summary(self, resolved_at: datetime) -> bool:
        """Whether it is to be said: once for each resolve."""
        is_new = self.summed_up is None or self.summed_up < resolved_at
        if is_new:
            self.summed_up = resolved_at
        return is_new

    def record(self, click: RecordedOutcome) -> None:
        """The first outcome stands."""
        if all(one.key != click.key for one in self.recorded):
            self.recorded.append(click)

    # Its people

    def want(self, person: WantedPerson, *, asked: bool = False) -> None:
        held = self.members.setdefault(person.user, Member(person.user, person.rank, person.name))
        held.rank, held.asked = min(held.rank, person.rank), held.asked or asked

    def invited(self) -> list[Member]:
        ranked = sorted(self.members.values(), key=lambda one: (one.rank, one.user))
        return [one for one in ranked if not one.taken_out]

    def take_out(self, users: Collection[str], *, out: bool) -> None:
        """They are not brought in any more; or they are again, even who left by themselves before."""
        for one in self.members.values():
            if one.user in users:
                one.taken_out, one.has_left, one.in_chat = out, one.has_left and out, one.in_chat and out

    def note_by_program(self, users: Collection[str], *, by_program: bool) -> None:
        """They are wanted again, or are as those who left by themselves."""
        for one in self.members.values():
            if one.user in users:
                one.by_program = by_program
                one.taken_out, one.has_left = (
                    one.taken_out and not by_program,
                    one.has_left and not by_program,
                )

    def note_members(self, there: Collection[str]) -> None:
        """A read back. Whoever was there and is not any more has left by themselves."""
        for one in self.members.values():
            if one.user in there:
                one.has_left = False
            elif one.in_chat and not one.taken_out:
                one.has_left = True
            one.in_chat = one.user in there

    def note_removed(self, users: Collection[str]) -> None:
        """They were taken out, and may be brought back."""
        for one in self.members.values():
            if one.user in users:
                one.in_chat = False
