"""Calls that read users, services, escalation policies, teams, priorities, on-calls and abilities."""

from collections.abc import Container
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from sandbox.pagerduty import errors
from sandbox.pagerduty.credentials import Caller, requires
from sandbox.pagerduty.directory import JSON, Directory
from sandbox.pagerduty.rest import account_shapes
from sandbox.pagerduty.rest.dependencies import Account, Seen
from sandbox.pagerduty.rest.paging import Page, Paging
from sandbox.pagerduty.simulator import Simulator

ABILITIES = ("teams", "urgencies", "coordinated_responding", "priorities", "manage_schedules")
"""The abilities of the account's plan."""

router = APIRouter()


class OnCallQuery(Page):
    """Filters for on-calls."""

    user_ids: list[str] = Field(default=[], alias="user_ids[]")
    escalation_policy_ids: list[str] = Field(default=[], alias="escalation_policy_ids[]")


@router.get("/users", dependencies=[Depends(requires("users.read"))])
async def list_users(seen: Seen, page: Paging) -> JSON:
    """Users whose name or e-mail contains the query."""
    wanted = page.query.lower()
    found = [
        account_shapes.user(seen, key)
        for key, person in seen.active_users.items()
        if wanted in person.name.lower() or wanted in person.email
    ]
    return page.answer("users", found)


@router.get("/users/me")
async def get_me(seen: Seen, caller: Annotated[Caller, Depends(requires(None))]) -> JSON:
    """The person whose token this is. The REST schema names no scope for it, so no token with scopes may."""
    if caller.scopes is not None:
        raise errors.access_denied("This call does not support Scoped OAuth")
    if caller.user is None:
        raise errors.invalid_input("This call needs a user's token; the account's tokens have no user")
    return {"user": account_shapes.user(seen, caller.user)}


@router.get("/users/{key}", dependencies=[Depends(requires("users.read"))])
async def get_user(seen: Seen, key: str) -> JSON:
    """One user."""
    _must_exist(key, seen.active_users)
    return {"user": account_shapes.user(seen, key)}


@router.get("/services", dependencies=[Depends(requires("services.read"))])
async def list_services(account: Account, seen: Seen, page: Paging) -> JSON:
    """Services whose name contains the query."""
    found = [key for key, one in seen.seen_services.items() if page.query.lower() in one.name.lower()]
    return page.answer("services", [_service(account, seen, key) for key in found])


@router.get("/services/{key}", dependencies=[Depends(requires("services.read"))])
async def get_service(account: Account, seen: Seen, key: str) -> JSON:
    """One service."""
    _must_exist(key, seen.seen_services)
    return {"service": _service(account, seen, key)}


@router.get("/escalation_policies", dependencies=[Depends(requires("escalation_policies.read"))])
async def list_escalation_policies(seen: Seen, page: Paging) -> JSON:
    """Policies whose name contains the query."""
    found = [key for key, one in seen.seen_policies.items() if page.query.lower() in one.name.lower()]
    shown = [account_shapes.escalation_policy(seen, key) for key in found]
    return page.answer("escalation_policies", shown)


@router.get("/escalation_policies/{key}", dependencies=[Depends(requires("escalation_policies.read"))])
async def get_escalation_policy(seen: Seen, key: str) -> JSON:
    """One policy."""
    _must_exist(key, seen.seen_policies)
    return {"escalation_policy": account_shapes.escalation_policy(seen, key)}


@router.get("/teams", dependencies=[Depends(requires("teams.read"))])
async def list_teams(seen: Seen, page: Paging) -> JSON:
    """Teams whose name contains the query."""
    found = [key for key, one in seen.seen_teams.items() if page.query.lower() in one.name.lower()]
    return page.answer("teams", [account_shapes.team(seen, key) for key in found])


@router.get("/teams/{key}", dependencies=[Depends(requires("teams.read"))])
async def get_team(seen: Seen, key: str) -> JSON:
    """One team."""
    _must_exist(key, seen.seen_teams)
    return {"team": account_shapes.team(seen, key)}


@router.get("/teams/{key}/members", dependencies=[Depends(requires("teams.read"))])
async def list_team_members(seen: Seen, key: str, page: Paging) -> JSON:
    """The members of a team, each with their role."""
    _must_exist(key, seen.seen_teams)
    members = [account_shapes.member(seen, key, user) for user in seen.members(key)]
    return page.answer("members", members)


@router.get("/priorities", dependencies=[Depends(requires("priorities.read"))])
async def list_priorities(account: Account, page: Paging) -> JSON:
    """Priorities, the highest first."""
    shown = [account_shapes.priority(account.directory, key) for key in account.directory.priorities]
    return page.answer("priorities", shown)


@router.get("/oncalls", dependencies=[Depends(requires("oncalls.read"))])
async def list_on_calls(seen: Seen, query: Annotated[OnCallQuery, Query()]) -> JSON:
    """Who is on call: always every active user in a level of an escalation policy."""
    shown = [
        account_shapes.on_call(seen, policy=policy, level=number, user=user)
        for policy, known in seen.seen_policies.items()
        if not query.escalation_policy_ids or policy in query.escalation_policy_ids
        for number, level in enumerate(known.levels, start=1)
        for user in level
        if seen.is_active(user)
        if not query.user_ids or user in query.user_ids
    ]
    return query.answer("oncalls", shown)


@router.get("/abilities", dependencies=[Depends(requires("abilities.read"))])
async def list_abilities() -> JSON:
    """The abilities of the account's plan."""
    return {"abilities": list(ABILITIES)}


@router.get("/abilities/{name}", dependencies=[Depends(requires("abilities.read"))], status_code=204)
async def test_ability(name: str) -> Response:
    """204 if the plan has this ability."""
    if name not in ABILITIES:
        raise errors.ability_missing(name)
    return Response(status_code=204)


def _service(account: Simulator, seen: Directory, key: str) -> JSON:
    return account_shapes.service(seen, key, account.incident_commands.service_status(key))


def _must_exist(key: str, known: Container[str]) -> None:
    if key not in known:
        raise errors.not_found()
