"""News of every kind, as an event brings it."""

from datetime import UTC, datetime
from typing import Any

from workflows.incident.event_types import News
from workflows.incident.news import Announcement
from workflows.incident.stamps import Stamp
from workflows.incident.values import Comment, Reference, Responder

AT = datetime(2026, 1, 1, 10, 5, tzinfo=UTC)
BO = Reference(id="PUSER02", name="Bo Call")


def an_announcement(news: News, *, at: datetime = AT, by: str | None = "Ada Ops") -> Announcement:
    """Of this kind; Ada wrote what was written, and Bo has joined."""
    more: dict[str, Any] = {}
    if news in ("note", "status_update"):
        more["comment"] = Comment(id="C1", text="It is the database.", author="Ada Ops", at=at)
    if news == "responder_replied":
        more["responder"] = Responder(person=BO, state="joined")
    return Announcement(news=news, stamp=Stamp(at=at, event_id="01E"), by=by, **more)
