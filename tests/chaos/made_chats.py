"""Chats that were made for incidents, as Microsoft recorded it: for which one, when, and who searched before.

Graph's records tell that a chat was made and not which one. They tell it of the time in which it came to be,
so that each chat has its record.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from workflows.incident_room.activities import ARCHIVED, OVER

_ANY_INCIDENT = "Incident "
_CLOCK_IS_SET = timedelta(milliseconds=100)
"""By which the clock of the records may be set while a call lasts, whose length another clock tells:
12 ms were seen within 2.5 s. The length is in whole milliseconds, too."""


@dataclass(frozen=True)
class MadeChat:
    """A chat that is called as an incident is, whether or not Muster knows it."""

    id: str
    members: Sequence[str]
    asked_at: datetime
    """When Microsoft was asked to make it, whatever was heard of that."""


@dataclass(frozen=True)
class Search:
    """Somebody's newest chats were read, to find one whose answer was lost."""

    person: str
    at: datetime


def chats_of(records: Mapping[str, Any], number: int) -> list[dict[str, Any]]:
    """The conversations that are called as the incident of this number is, oldest first."""
    return _called(records, f"Incident #{number} ")


def chats_made(
    records: Mapping[str, Any], number: int, deleted: Sequence[Mapping[str, Any]] = ()
) -> list[MadeChat]:
    """The chats that were made for the incident of this number, oldest first.

    ``deleted`` are those of them that somebody has deleted, as the records had them before.
    """
    creates = sorted((one for one in records["graph_calls"] if _makes_a_chat(one)), key=_over_at)
    of_incident = {one["id"] for one in (*chats_of(records, number), *deleted)}
    made: list[MadeChat] = []
    for chat in sorted((*_called(records, _ANY_INCIDENT), *deleted), key=_came_at):
        create = next(one for one in creates if _may_have_made(one, chat))
        creates.remove(create)
        if chat["id"] in of_incident:
            made.append(MadeChat(id=chat["id"], members=chat["members"], asked_at=_asked_at(create)))
    assert len(creates) == sum(map(_deletes_a_chat, records["graph_calls"])) - len(deleted)
    return made


def searches(records: Mapping[str, Any]) -> list[Search]:
    """Every search for a lost chat that Microsoft answered."""
    return [
        Search(person=one["path"].split("/")[2], at=datetime.fromisoformat(one["at"]))
        for one in records["graph_calls"]
        if one["method"] == "GET" and one["path"].startswith("/users/") and one["path"].endswith("/chats")
        if one["status"] == 200 and one["fault"] != "lose_answer"
    ]


def known_to_muster(chats: Sequence[MadeChat], followed: Collection[str]) -> list[str]:
    """Those in which the incident is followed: Muster brings its card only into a chat that it knows."""
    return [chat.id for chat in chats if chat.id in followed]


def made_unasked(
    chats: Sequence[MadeChat], searched: Sequence[Search], clicked: Sequence[datetime]
) -> Iterator[str]:
    """The first one takes a click. Each other one takes a click too, or a search, since the one before."""
    before: datetime | None = None
    for chat in chats:
        asked = any(_is_between(before, at, chat.asked_at) for at in clicked)
        sought = before is not None and any(
            _is_between(before, one.at, chat.asked_at) for one in searched if one.person in chat.members
        )
        if not (asked or sought):
            since = "at all" if before is None else f"since that of {before}"
            yield f"{chat.id} was made at {chat.asked_at}, and nobody clicked or searched {since}"
        before = chat.asked_at


def _called(records: Mapping[str, Any], beginning: str) -> list[dict[str, Any]]:
    topics = tuple(f"{mark}{beginning}" for mark in ("", OVER, ARCHIVED))
    groups = (one for one in records["conversations"] if one["kind"] == "group")
    return [one for one in groups if one["name"].startswith(topics)]


def _makes_a_chat(call: Mapping[str, Any]) -> bool:
    """Whether there was a chat afterwards: it is also there where Microsoft said that it failed."""
    is_create = (call["method"], call["path"]) == ("POST", "/chats")
    return is_create and (call["status"] == 201 or call["fault"] == "status_after")


def _deletes_a_chat(call: Mapping[str, Any]) -> bool:
    _, kind, *rest = call["path"].split("/")
    return (call["method"], kind, len(rest), call["status"]) == ("DELETE", "chats", 1, 204)


def _came_at(chat: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(chat["created_at"])


def _may_have_made(create: Mapping[str, Any], chat: Mapping[str, Any]) -> bool:
    return _asked_at(create) - _CLOCK_IS_SET <= _came_at(chat) <= _over_at(create) + _CLOCK_IS_SET


def _asked_at(call: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(call["at"])


def _over_at(call: Mapping[str, Any]) -> datetime:
    return _asked_at(call) + timedelta(milliseconds=call["ms"])


def _is_between(before: datetime | None, at: datetime, after: datetime) -> bool:
    return (before is None or before < at) and at <= after
