"""``/_sandbox`` of teams and services: who is in which team, what is private, and which services exist."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from sandbox.company import DefaultRole, TeamMember
from sandbox.pagerduty import errors
from sandbox.pagerduty.directory import JSON
from sandbox.pagerduty.model import ServiceState
from sandbox.pagerduty.rest.dependencies import Account
from sandbox.pagerduty.simulator import Simulator

router = APIRouter(prefix="/_sandbox")


class TeamBody(BaseModel):
    """What a team is from now on; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    default_role: DefaultRole | None = None
    members: tuple[TeamMember, ...] | None = None
    """All its members."""


class ServiceBody(BaseModel):
    """Whether a service takes incidents from now on, or exists at all."""

    model_config = ConfigDict(extra="forbid")

    state: ServiceState


@router.get("/teams")
async def get_teams(account: Account) -> list[JSON]:
    """The teams with their members."""
    return [_team(account, team) for team in account.directory.teams]


@router.post("/teams/{team}")
async def change_team(account: Account, team: str, body: TeamBody) -> JSON:
    """Make a team private or public, or give it other members."""
    if team not in account.directory.teams:
        raise errors.not_found()
    state = account.store.state
    if body.default_role is not None:
        state.default_roles[team] = body.default_role
    if body.members is not None:
        unknown = [one.user for one in body.members if one.user not in account.directory.users]
        if unknown:
            raise errors.not_found()
        state.memberships[team] = body.members
    account.store.changed()
    account.server_sent_events.changed()
    return _team(account, team)


@router.get("/services")
async def get_services(account: Account) -> list[JSON]:
    """The services of the company, and which of them are in the account."""
    return [_service(account, service) for service in account.directory.services]


@router.post("/services/{service}")
async def change_service(account: Account, service: str, body: ServiceBody) -> JSON:
    """Enable, disable or delete a service, until the reset."""
    if service not in account.directory.services:
        raise errors.not_found()
    account.set_service_state(service, body.state)
    return _service(account, service)


def _team(account: Simulator, team: str) -> JSON:
    directory = account.directory
    return {
        "team": team,
        "name": directory.teams[team].name,
        "default_role": directory.team_memberships.default_role(team),
        "members": [
            {"user": user, "role": role} for user, role in directory.team_memberships.of(team).items()
        ],
    }


def _service(account: Simulator, service: str) -> JSON:
    directory = account.directory
    return {
        "service": service,
        "name": directory.services[service].name,
        "teams": directory.services[service].teams,
        "state": directory.service_state(service),
    }
