"""``/_sandbox``: the Teams admin's policy. ``/page``: calendars, and what is behind an address to join."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, ConfigDict

from sandbox.company import Person
from sandbox.teams.calendar_state import CalendarEntry, OnlineMeeting
from sandbox.teams.conversations import Conversations
from sandbox.teams.graph.access_policy import AccessPolicies
from sandbox.teams.graph.event_bodies import times_of
from sandbox.teams.lookups import find_person
from sandbox.teams.online_meetings import DIAL_IN, OnlineMeetings
from sandbox.teams.state import Json


class Grant(BaseModel):
    """Whose meetings the app may make from half an hour later; None: everybody's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    person: str | None = None


def access_policy_router(conversations: Conversations, policies: AccessPolicies) -> APIRouter:
    """The routes under ``/_sandbox/access-policy``."""
    router = APIRouter(prefix="/_sandbox/access-policy")

    @router.get("")
    async def read_policies() -> Json:
        return _policies()

    @router.post("")
    async def grant(body: Grant) -> Json:
        policies.grant(None if body.person is None else find_person(conversations, body.person))
        return _policies()

    @router.delete("", status_code=204)
    async def revoke() -> None:
        policies.revoke()

    def _policies() -> Json:
        return {"counts_from": {who or "everybody": at.isoformat() for who, at in policies.granted.items()}}

    return router


def page_meetings_router(conversations: Conversations) -> APIRouter:
    """The routes of the page about calendars and meetings."""
    router = APIRouter(prefix="/page")
    meetings = OnlineMeetings(conversations)

    def reader_of(person: str) -> Person:
        return find_person(conversations, person)

    @router.get("/calendar")
    async def calendar(reader: Annotated[Person, Depends(reader_of)]) -> list[Json]:
        entries = conversations.state.calendar.values()
        seen = [one for one in entries if reader.aad_object_id == one.mailbox or _invites(one, reader)]
        return sorted(map(_entry, seen), key=lambda one: str(one["starts_at"]))

    @router.get("/meetings/{meeting_id}")
    async def meeting(meeting_id: str) -> Json:
        found = meetings.find(meeting_id)
        if found is None:
            raise HTTPException(404, "there is no such meeting, or not any more")
        entries = conversations.state.calendar.values()
        entry = next((one for one in entries if one.meeting == found.id), None)
        return _meeting(found) if entry is None else _entry(entry)

    def _entry(entry: CalendarEntry) -> Json:
        found = meetings.find(entry.meeting)
        starts_at, ends_at = times_of(entry.properties)
        addresses = [one["emailAddress"] for one in entry.properties["attendees"]]
        return {
            "subject": entry.properties["subject"],
            "starts_at": starts_at.isoformat(),
            "ends_at": ends_at.isoformat(),
            "organizer": _name(entry.mailbox),
            "invited": [one["name"] for one in addresses],
            "meeting": None if found is None else found.id,
            "dial_in": None if found is None else _dial_in(found),
        }

    def _meeting(found: OnlineMeeting) -> Json:
        return {
            "subject": found.subject,
            "starts_at": found.starts_at.isoformat(),
            "ends_at": found.ends_at.isoformat(),
            "organizer": _name(found.organizer),
            "invited": [_attendee(one) for one in found.attendees],
            "meeting": found.id,
            "dial_in": _dial_in(found),
        }

    def _attendee(attendee: Json) -> str:
        """By name where the tenant has this person, else as they were named."""
        user = (attendee.get("identity") or {}).get("user") or {}
        key = str(user.get("id") or attendee.get("upn") or "")
        return _name(key)

    def _name(key: str) -> str:
        person = conversations.roster.person(key)
        return key if person is None else person.name

    return router


def _invites(entry: CalendarEntry, person: Person) -> bool:
    addresses = (one["emailAddress"]["address"] for one in entry.properties["attendees"])
    return person.email.lower() in (address.lower() for address in addresses)


def _dial_in(meeting: OnlineMeeting) -> str | None:
    return None if meeting.conference_id is None else f"{DIAL_IN},,{meeting.conference_id}#"
