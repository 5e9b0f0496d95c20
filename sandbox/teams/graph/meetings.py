"""Online meetings without an entry in a calendar, as Teams makes them (*onlineMeeting: createOrGet*).

The organizer and the ``externalId`` together name a meeting: the same two are the same meeting, whatever else
the body says (issue 16052 of microsoftgraph/microsoft-graph-docs).
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.company import Person
from sandbox.graph_errors import GraphError, bad_request
from sandbox.teams.calendar_state import OnlineMeeting
from sandbox.teams.conversations import Conversations
from sandbox.teams.graph.access_policy import AccessPolicies
from sandbox.teams.graph.call import Answer, GraphCall
from sandbox.teams.online_meetings import DIAL_IN, OnlineMeetings
from sandbox.teams.state import Json

_KNOWN = ("externalId", "startDateTime", "endDateTime", "subject", "participants", "chatInfo")
_USUAL_LENGTH = timedelta(hours=1)


class GraphMeetings:
    """Makes meetings and finds them. Every method raises GraphError."""

    def __init__(
        self, conversations: Conversations, meetings: OnlineMeetings, policies: AccessPolicies
    ) -> None:
        self._conversations = conversations
        self._meetings = meetings
        self._policies = policies

    def create_or_get(self, call: GraphCall, key: str) -> Answer:
        """The meeting with the body's key: 201 where it is new, else 200."""
        external_id, subject, starts_at, ends_at, attendees = _wanted(call.body)
        organizer = self._organizer(key, call.gone)
        self._policies.check(organizer)
        before = self._meetings.by_external_id(organizer, external_id)
        if before is not None:
            return Answer(200, self._shown(before, organizer))
        made = self._meetings.make(
            organizer, subject, starts_at, ends_at, external_id=external_id, attendees=attendees
        )
        return Answer(201, self._shown(made, organizer))

    def _organizer(self, key: str, gone: Collection[str]) -> Person:
        """Whose meeting it is to be, by object id alone.

        Whom Teams does not know is 404 ``UnknownError`` without a word (issue 1215 of msgraph-sdk-dotnet: a
        principal name); so is somebody without a licence (issue 1836 of msgraph-sdk-java, which does not show
        the answer: our choice). A guest is 403 without a word (issue 8889 of microsoft-graph-docs).
        """
        person = self._conversations.roster.person(key)
        is_ours = person is not None and person.tenant is None and person.aad_object_id not in gone
        if person is None or not is_ours or key != person.aad_object_id or not person.has_teams:
            raise GraphError(404, "UnknownError", "")
        if person.guest_from is not None:
            raise GraphError(403, "Forbidden", "")
        return person

    def _shown(self, meeting: OnlineMeeting, organizer: Person) -> Json:
        user = {"id": organizer.aad_object_id, "displayName": organizer.name}
        return {
            "@odata.context": f"$metadata#users('{organizer.aad_object_id}')/onlineMeetings/$entity",
            "id": meeting.id,
            "creationDateTime": meeting.made_at,
            "startDateTime": _written(meeting.starts_at),
            "endDateTime": _written(meeting.ends_at),
            "joinWebUrl": self._meetings.join_address(meeting),
            "subject": meeting.subject,
            "externalId": meeting.external_id,
            "audioConferencing": _dial_in(meeting),
            "chatInfo": {"threadId": meeting.id, "messageId": "0", "replyChainMessageId": None},
            "participants": {
                "organizer": {"identity": {"user": user}, "upn": organizer.email, "role": "presenter"},
                "attendees": list(meeting.attendees),
            },
        }


def _dial_in(meeting: OnlineMeeting) -> Json | None:
    if meeting.conference_id is None:
        return None
    number = DIAL_IN.replace(" ", "")
    return {
        "conferenceId": meeting.conference_id,
        "tollNumber": number,
        "tollNumbers": [number],
        "dialinUrl": f"https://dialin.teams.microsoft.com/?id={meeting.conference_id}",
    }


def _wanted(body: Mapping[str, Any]) -> tuple[str, str, datetime, datetime, tuple[Json, ...]]:
    """Key, subject, start, end and attendees that a body asks for; raises GraphError."""
    for name in body:
        if name not in _KNOWN and not name.startswith("@odata."):
            raise bad_request(f"The parameter '{name}' in the request payload is not a valid parameter.")
    key, subject = body.get("externalId"), body.get("subject") or ""
    if not isinstance(key, str) or not key or not isinstance(subject, str):
        raise bad_request("ExternalId must be specified.")
    start, end = body.get("startDateTime"), body.get("endDateTime")
    if start is None and end is not None:
        raise bad_request("StartDateTime must be specified with EndDateTime.")
    starts_at = datetime.now(UTC) if start is None else _read(start)
    ends_at = starts_at + _USUAL_LENGTH if end is None else _read(end)
    if ends_at < starts_at:
        raise bad_request("EndDateTime must be after StartDateTime.")
    return key, subject, starts_at, ends_at, _attendees(body.get("participants"))


def _attendees(participants: Any) -> tuple[Json, ...]:
    """As they were named: nobody looks whether these people are there (pull request 38850 of n8n-io/n8n)."""
    if participants is None:
        return ()
    attendees = participants.get("attendees", []) if isinstance(participants, Mapping) else None
    if not isinstance(attendees, list) or not all(isinstance(one, dict) for one in attendees):
        raise bad_request("Participants must have a list of attendees.")
    return tuple(attendees)


def _read(text: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise bad_request("A time cannot be read.") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _written(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
