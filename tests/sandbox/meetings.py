"""Meetings in the office: bodies as a program sends them, who may organize, and the clock of policies."""

from typing import Any

from sandbox.company import Company, Person, build_company
from tests.sandbox.office import Office, with_guest, with_one_more, with_unlicensed

KEY = "6f9619ff-8b86-d011-b42d-00c04fc964ff"
START, END = "2026-11-30T10:00:00", "2026-11-30T11:00:00"


def company_of_organizers() -> Company:
    """Acme with a guest, and people who lack a licence, a mailbox, Teams' meetings, or a telephone number."""
    company = with_unlicensed(with_guest(build_company()))
    for number, name, lack in (
        (3, "Max", {"has_mailbox": False}),
        (4, "Pia", {"online_meeting_providers": ("skypeForBusiness",)}),
        (5, "Ned", {"has_dial_in": False}),
    ):
        company = with_one_more(
            company,
            name=f"{name} Lacks",
            email=f"{name.lower()}@acme.example",
            aad_object_id=f"00000000-0000-4000-9000-00000000000{number}",
            teams_id=f"29:1{name.lower()}",
            **lack,
        )
    return company


def entry(*people: Person, **more: Any) -> dict[str, Any]:
    """A new entry with a Teams meeting."""
    return {
        "transactionId": KEY,
        "subject": "Incident #42 Checkout is slow",
        "body": {"contentType": "html", "content": "<p>Checkout</p>"},
        "start": {"dateTime": START, "timeZone": "UTC"},
        "end": {"dateTime": END, "timeZone": "UTC"},
        "attendees": [attendee(one) for one in people],
        "isOnlineMeeting": True,
        "onlineMeetingProvider": "teamsForBusiness",
        "showAs": "free",
        "isReminderOn": False,
        "responseRequested": False,
        "allowNewTimeProposals": False,
        **more,
    }


def attendee(person: Person) -> dict[str, Any]:
    return {"type": "required", "emailAddress": {"address": person.email, "name": person.name}}


def meeting(*people: Person, **more: Any) -> dict[str, Any]:
    """A new meeting without an entry."""
    attendees = [{"identity": {"user": {"id": one.aad_object_id}}, "upn": one.email} for one in people]
    return {
        "externalId": KEY,
        "subject": "Incident #42 Checkout is slow",
        "startDateTime": f"{START}Z",
        "endDateTime": f"{END}Z",
        "participants": {"attendees": attendees},
        **more,
    }


def events_of(person: Person) -> str:
    return f"/users/{person.aad_object_id}/events"


def create_or_get_of(person: Person) -> str:
    return f"/users/{person.aad_object_id}/onlineMeetings/createOrGet"


def grant_policy(office: Office, person: Person | None = None, *, after: float = 1800) -> None:
    """A Teams admin lets the app make meetings for everybody or a person, and so many seconds pass."""
    key = None if person is None else person.aad_object_id
    assert office.teams.post("/_sandbox/access-policy", {"person": key}).status_code == 200
    assert office.teams.post("/_sandbox/clock", {"advance": after}).status_code == 200
