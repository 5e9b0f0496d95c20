"""From services and members of teams of PagerDuty's REST API to values."""

from typing import NamedTuple, get_args

from muster.payloads.values import Body, first_text, mapping, mappings, reference_to, references_to
from muster.values import NAME, one_line
from workflows.incident.values import Reference
from workflows.rights import SeenService, ServiceTeam, TeamRole


class Member(NamedTuple):
    """Somebody in a team."""

    user: Reference
    role: TeamRole | None
    """``None``: one that this product does not know."""


def service_of(service: Body) -> SeenService:
    """A REST service with its teams, in none of which the person has a role yet."""
    return SeenService(
        id=str(service["id"]),
        name=one_line(first_text(service, "name", "summary", limit=NAME), NAME) or str(service["id"]),
        is_disabled=service.get("status") == "disabled",
        teams=tuple(
            ServiceTeam(id=team.id, name=one_line(team.name, NAME) or team.id)
            for team in references_to(service.get("teams"))
        ),
    )


def members_of(page: Body) -> tuple[Member, ...]:
    """The members on a page of the REST list."""
    return tuple(
        Member(user, role if (role := entry.get("role")) in get_args(TeamRole) else None)
        for entry in mappings(page.get("members"))
        if (user := reference_to(mapping(entry.get("user")))) is not None
    )
