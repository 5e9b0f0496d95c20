"""Online meetings without an entry in a calendar, by Microsoft Graph, as the app itself.

Source: learn.microsoft.com *onlineMeeting: createOrGet*.
"""

from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import quote

from muster.clients.graph.app_calls import AppCalls, lost
from muster.clients.graph.joining import Joining, joining_of

_NEEDS = "OnlineMeetings.ReadWrite.All"


class Participant(NamedTuple):
    """Somebody who is invited: nobody is told, but they come past the lobby."""

    aad_object_id: str
    principal_name: str


class WantedMeeting(NamedTuple):
    """A meeting."""

    key: str
    """Names it among the meetings of its organizer, and no other one."""
    subject: str
    starts_at: datetime
    ends_at: datetime
    people: tuple[Participant, ...]


class Meeting(NamedTuple):
    """A meeting that is there."""

    id: str
    joining: Joining


class MeetingsClient:
    """Makes meetings in people's names."""

    def __init__(self, calls: AppCalls) -> None:
        self._calls = calls

    async def require(self, tenant: str) -> None:
        """Raise ``ConsentMissing`` where the permission is missing, before anything is asked."""
        await self._calls.require(tenant, _NEEDS)

    async def create_or_get(self, tenant: str, organizer: str, wanted: WantedMeeting) -> Meeting:
        """Make the organizer's meeting of this key, or find it, whatever else is wanted of it.

        ``organizer`` is an object id. Raises ``OutsideError``s: ``ConsentMissing`` with the permission's name
        as its code; ``Forbidden`` with the code ``NO_POLICY`` where no access policy allows it, also for half
        an hour after it was granted, and with another for a guest; ``NotFound`` where Teams does not know the
        organizer: no licence, or no account. It may be repeated: without an answer it is
        ``ProviderUnavailable``.
        """
        path = f"users/{quote(organizer, safe='')}/onlineMeetings/createOrGet"
        answer = await self._calls.send(tenant, "POST", path, _body(wanted), needs=_NEEDS, repeatable=True)
        id, audio = answer.get("id"), answer.get("audioConferencing")
        joining = joining_of(answer.get("joinWebUrl"), audio if isinstance(audio, dict) else {})
        if not isinstance(id, str) or not id or joining is None:
            raise lost("an answer without a meeting", repeatable=True)
        return Meeting(id, joining)


def _body(wanted: WantedMeeting) -> dict[str, Any]:
    return {
        "externalId": wanted.key,
        "subject": wanted.subject,
        "startDateTime": _time(wanted.starts_at),
        "endDateTime": _time(wanted.ends_at),
        "participants": {"attendees": [_participant(one) for one in wanted.people]},
    }


def _participant(one: Participant) -> dict[str, Any]:
    return {"identity": {"user": {"id": one.aad_object_id}}, "upn": one.principal_name}


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
