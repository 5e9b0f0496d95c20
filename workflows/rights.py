"""Who may authorize a team, connect a service, disconnect it, or have its open incidents brought in. Pure.

===========================================================  ===============================================
base role (REST schema, ``User.role``)                       may connect and disconnect
===========================================================  ===============================================
``owner``, ``admin``                                         any service; they alone may authorize
``user``                                                     any service that they can see
``limited_user``, ``observer``, ``restricted_access``        services of a team in which they are ``manager``
``read_only_user``, ``read_only_limited_user``, any other    none
===========================================================  ===============================================

What somebody can see is for PagerDuty to say: to them, a service of other people's private team is not there.
"""

from typing import Literal, TypeGuard, get_args

from workflows.values import Value

AdminRole = Literal["owner", "admin"]
"""PagerDuty's names for *Account Owner* and *Global Admin*."""
TeamRole = Literal["manager", "responder", "observer"]
"""What a member is in a team, whatever their base role."""

READ_ONLY = frozenset({"read_only_user", "read_only_limited_user"})
"""Base roles that write nothing, notes included."""
_SEES_THEIRS = "user"
_CONNECTS_AS_TEAM_MANAGER = frozenset({"limited_user", "observer", "restricted_access"})


class ServiceTeam(Value):
    """A team of a service, as far as the person may see it."""

    id: str
    name: str
    role: TeamRole | None = None
    """The person's own. ``None``: no member, or not read, since the base role alone decides."""
    managers: tuple[str, ...] = ()
    """Names of other members who are ``manager``: whom a person who may not connect can ask."""
    more_managers: int = 0
    """How many others there are."""


class SeenService(Value):
    """A service that the person can see."""

    id: str
    name: str
    is_disabled: bool = False
    """It takes no new incident."""
    teams: tuple[ServiceTeam, ...] = ()


class Rights(Value):
    """What PagerDuty said at one moment of a person and a service."""

    user: str
    name: str
    role: str
    """Base role; a text, since PagerDuty may know more than this product."""
    service: SeenService | None
    """``None``: there is no such service that the person can see."""


Denial = Literal["role_too_low", "unknown_service"]
"""Why somebody may not. Nobody is told whether a service that they cannot see exists."""


def may_authorize(role: object) -> TypeGuard[AdminRole]:
    """Whether this base role may authorize a team."""
    return role in get_args(AdminRole)


def why_not_connect(rights: Rights) -> Denial | None:
    """Why the person may not connect the service; ``None``: they may."""
    if rights.service is None:
        return "unknown_service"
    if not team_roles_count(rights.role):
        return None
    is_manager = any(team.role == "manager" for team in rights.service.teams)
    return None if rights.role in _CONNECTS_AS_TEAM_MANAGER and is_manager else "role_too_low"


def why_not_disconnect(rights: Rights) -> Denial | None:
    """Why the person may not disconnect the service; ``None``: they may.

    Whoever may connect it may. A service that was deleted is seen by nobody: an admin may disconnect it.
    """
    return None if may_authorize(rights.role) else why_not_connect(rights)


def why_not_bring_in(rights: Rights) -> Denial | None:
    """Why the person may not have open incidents brought in; ``None``: whoever sees the service may."""
    return "unknown_service" if rights.service is None else None


def team_roles_count(role: str) -> bool:
    """Whether the roles in the service's teams have to be read, to decide or to say who can."""
    return not may_authorize(role) and role != _SEES_THEIRS
