"""The routes of the Bot Connector's REST API."""

from fastapi import APIRouter, Request, Response

from sandbox.teams.connector_calls import ConnectorCalls
from sandbox.teams.operations import WriteOperations
from sandbox.teams.roster_operations import RosterOperations
from sandbox.teams.team_operations import TeamOperations


def teams_router(calls: ConnectorCalls, reads: TeamOperations) -> APIRouter:
    """The calls about teams, which the published description does not have."""
    router = APIRouter(prefix="/v3/teams/{team_id}")

    @router.get("")
    async def team(request: Request, team_id: str) -> Response:
        return await calls.answer(request, lambda _: reads.team(team_id))

    @router.get("/conversations")
    async def channels(request: Request, team_id: str) -> Response:
        return await calls.answer(request, lambda _: reads.channels(team_id))

    return router


def _is_targeted(request: Request) -> bool:
    """Whether the call is about a message that one person sees."""
    return request.query_params.get("isTargetedActivity", "").lower() == "true"


def connector_router(calls: ConnectorCalls, writes: WriteOperations, reads: RosterOperations) -> APIRouter:
    """The calls about conversations that a bot makes below its service URL."""
    router = APIRouter(prefix="/v3/conversations")
    activities = "/{conversation_id}/activities"
    activity = activities + "/{activity_id}"

    @router.get("")
    async def list_conversations(request: Request) -> Response:
        return await calls.answer(request, lambda _: reads.conversations())

    @router.post("")
    async def open_conversation(request: Request) -> Response:
        return await calls.answer(request, writes.open)

    @router.post(activities)
    async def send(request: Request, conversation_id: str) -> Response:
        return await calls.answer(
            request, lambda body: writes.send(conversation_id, body, targeted=_is_targeted(request))
        )

    @router.post(activity)
    async def reply(request: Request, conversation_id: str, activity_id: str) -> Response:
        return await calls.answer(
            request,
            lambda body: writes.reply(conversation_id, activity_id, body, targeted=_is_targeted(request)),
        )

    @router.put(activity)
    async def edit(request: Request, conversation_id: str, activity_id: str) -> Response:
        return await calls.answer(
            request,
            lambda body: writes.edit(conversation_id, activity_id, body, targeted=_is_targeted(request)),
        )

    @router.delete(activity)
    async def delete(request: Request, conversation_id: str, activity_id: str) -> Response:
        return await calls.answer(
            request,
            lambda body: writes.delete(conversation_id, activity_id, body, targeted=_is_targeted(request)),
        )

    @router.get(activity + "/members")
    async def activity_members(request: Request, conversation_id: str, activity_id: str) -> Response:
        return await calls.answer(request, lambda _: reads.activity_members(conversation_id, activity_id))

    @router.get("/{conversation_id}/members")
    async def members(request: Request, conversation_id: str) -> Response:
        return await calls.answer(request, lambda _: reads.members(conversation_id))

    @router.get("/{conversation_id}/pagedmembers")
    async def paged_members(request: Request, conversation_id: str) -> Response:
        query = request.query_params
        return await calls.answer(
            request,
            lambda _: reads.paged_members(
                conversation_id, query.get("pageSize"), query.get("continuationToken")
            ),
        )

    @router.get("/{conversation_id}/members/{member_id}")
    async def member(request: Request, conversation_id: str, member_id: str) -> Response:
        return await calls.answer(request, lambda _: reads.member(conversation_id, member_id))

    return router
