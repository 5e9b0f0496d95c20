"""``POST /integration-ms-teams/incidents/{incident_id}/meeting``: PagerDuty's own call for the meeting.

Source: PagerDuty, *MS Teams Integration API* (ms-teams.openapi.json), to the letter. The meeting that is
there is answered as a new one is: PagerDuty names no status for it.
"""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.public.bodies import PagerDutyBody
from api.public.errors import errors
from api.public.idempotency import Given, IdempotentCall
from api.public.operations import OperationAnswer
from api.public.program_wishes import Wish
from api.public.public_api import PublicApi
from api.public.room_work import ACCEPTED, RoomOf, Rooms, RoomWork
from api.public.route import AnswerBy, IncidentId
from api.public.tenants import Tenants
from muster.store import program_rooms
from workflows.incident_room.messages import RoomAnswer, RoomKey

_TEAM = "Teams' thread id of a team that is connected to the account. The meeting is made in its tenant."
_NAME = "Subject of the meeting. By default it is called as the incident."
_SHOWN_NAME = "Empty where the incident's bridge is one that Muster has not made."


class MeetingDetails(PagerDutyBody):
    """Details of the meeting that is to be made."""

    name: Annotated[str | None, Field(description=_NAME)] = None


class NewMeeting(PagerDutyBody):
    """The meeting that is to be made."""

    mst_team_id: Annotated[str, Field(description=_TEAM)]
    meeting: MeetingDetails | None = None


class Meeting(BaseModel):
    """A meeting."""

    name: Annotated[str, Field(description=_SHOWN_NAME)]
    url: str


class MeetingAnswer(BaseModel):
    """The meeting that is there."""

    meeting: Meeting


def meetings_router(api: PublicApi) -> APIRouter:
    """The routes."""
    router = api.router()
    rooms, tenants = Rooms(api), Tenants(api)
    idempotency = api.idempotency

    @router.post(
        "/integration-ms-teams/incidents/{incident_id}/meeting",
        summary="Create a meeting",
        status_code=201,
        response_model=MeetingAnswer,
        responses=ACCEPTED | errors(403, 404, 422, 502, 504),
    )
    async def post(
        incident_id: IncidentId, body: NewMeeting, call: IdempotentCall, answer_by: AnswerBy
    ) -> Response:
        """Make the incident's meeting, once, and write it into the incident as its conference bridge."""
        account = call.caller.account
        key = RoomKey(account=account, incident_id=incident_id)

        async def room() -> RoomOf:
            tenant = await tenants.of_team(account, body.mst_team_id)
            await tenants.is_home_of_meeting(key, tenant, answer_by=answer_by)
            return RoomOf(incident_id, tenant)

        async def given(_: OperationAnswer, answer: RoomAnswer) -> Given:
            name = await program_rooms.meeting_name(api.pool, key, url=answer.url)
            return Given(201, MeetingAnswer(meeting=Meeting(name=name, url=answer.url)))

        wish = Wish(name=body.meeting.name if body.meeting else None)
        work = RoomWork(rooms, call, "open_meeting", room, wish.asked(call), given, answer_by)
        return await idempotency.answered(call, work.called, work)

    return router
