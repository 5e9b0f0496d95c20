"""The account's users, services, policies, teams and priorities, and who may see them."""

from collections.abc import Callable, Iterable
from copy import copy
from typing import Any, Literal, Self

from sandbox.company import Company, EscalationPolicy, PagerDutyTeam, Person, Priority, Service
from sandbox.pagerduty import errors
from sandbox.pagerduty.model import ServiceState, Target
from sandbox.pagerduty.store import State
from sandbox.pagerduty.team_memberships import TeamMemberships

Kind = Literal["user", "service", "escalation_policy", "team", "priority"]
JSON = dict[str, Any]
_SEE_EVERYTHING = frozenset({"owner", "admin"})
"""Base roles that see private teams of others. A Manager (``user``) does not."""

_COLLECTIONS: dict[str, str] = {
    "user": "users",
    "service": "services",
    "escalation_policy": "escalation_policies",
    "team": "teams",
    "priority": "priorities",
}


class Directory:
    """Look-ups by id, and the REST and console addresses of each object.

    ``state`` gives what differs from the company. Users who were taken out of the account and services that
    were deleted keep their names in what happened, and policies still name those users.
    """

    def __init__(
        self,
        company: Company,
        public_url: str,
        rest_url: str | None = None,
        state: Callable[[], State] = State,
    ) -> None:
        self.company = company
        self.team_memberships = TeamMemberships(company, state)
        self._state = state
        self._reader: str | None = None
        self._rest_url = (rest_url or public_url).rstrip("/")
        self.public_url = public_url.rstrip("/")
        self.users: dict[str, Person] = company.pagerduty_users
        self.services: dict[str, Service] = {service.id: service for service in company.services}
        self.policies: dict[str, EscalationPolicy] = {
            policy.id: policy for policy in company.escalation_policies
        }
        self.teams: dict[str, PagerDutyTeam] = {team.id: team for team in company.pagerduty_teams}
        self.priorities: dict[str, Priority] = {priority.id: priority for priority in company.priorities}

    def user_by_email(self, email: str) -> str | None:
        """The id of the active user with this e-mail address."""
        found = (user for user, person in self.active_users.items() if person.email == email.lower())
        return next(found, None)

    @property
    def active_users(self) -> dict[str, Person]:
        """The users who are in the account now."""
        return {user: person for user, person in self.users.items() if self.is_active(user)}

    def is_active(self, user: str) -> bool:
        """Whether there is such a user in the account now."""
        return user in self.users and user not in self._state().deactivated

    def priority_named(self, name: str) -> str | None:
        """The id of the highest priority with this name."""
        return next((priority.id for priority in self.company.priorities if priority.name == name), None)

    def on_call(self, policy: str, level: int) -> tuple[str, ...]:
        """The users whom this level of the policy names; levels count from 1."""
        return self.policies[policy].levels[level - 1]

    def as_seen_by(self, user: str | None) -> Self:
        """The same directory for this reader; the account itself (None) sees everything."""
        view = copy(self)
        view._reader = user
        return view

    def sees_team(self, team: str) -> bool:
        """Whether there is such a team that the reader may see: nobody else's private one."""
        if team not in self.teams:
            return False
        return (
            self._reader is None
            or not self.team_memberships.is_private(team)
            or self.role(self._reader) in _SEE_EVERYTHING
            or self.team_memberships.role(team, self._reader) is not None
        )

    def sees_incidents_of(self, service: str) -> bool:
        """Whether the reader may see the service's incidents, which outlive it."""
        teams = self.services[service].teams
        return not teams or any(self.sees_team(team) for team in teams)

    def sees_service(self, service: str) -> bool:
        """Whether there is such a service now that the reader may see."""
        exists = service in self.services and self.service_state(service) != "deleted"
        return exists and self.sees_incidents_of(service)

    def sees_policy(self, policy: str) -> bool:
        """Whether there is such a policy that does not serve private services alone."""
        services = [key for key, one in self.services.items() if one.escalation_policy == policy]
        return policy in self.policies and (
            not services or any(self.sees_incidents_of(service) for service in services)
        )

    @property
    def seen_services(self) -> dict[str, Service]:
        """The services of the account that the reader may see."""
        return {key: one for key, one in self.services.items() if self.sees_service(key)}

    @property
    def seen_teams(self) -> dict[str, PagerDutyTeam]:
        """The teams that the reader may see."""
        return {key: one for key, one in self.teams.items() if self.sees_team(key)}

    @property
    def seen_policies(self) -> dict[str, EscalationPolicy]:
        """The escalation policies that the reader may see."""
        return {key: one for key, one in self.policies.items() if self.sees_policy(key)}

    def service_state(self, service: str) -> ServiceState:
        """Whether the service takes incidents, or exists at all."""
        return self._state().service_states.get(service, "enabled")

    def teams_of_service(self, service: str) -> tuple[str, ...]:
        """The service's teams that the reader may see."""
        return tuple(team for team in self.services[service].teams if self.sees_team(team))

    def teams_of_user(self, user: str) -> tuple[str, ...]:
        """The teams, of those that the reader may see, in which the user is a member."""
        return tuple(team for team in self.seen_teams if self.team_memberships.role(team, user) is not None)

    def members(self, team: str) -> tuple[str, ...]:
        """The active users of a team."""
        return tuple(user for user in self.team_memberships.of(team) if self.is_active(user))

    def role(self, user: str) -> str:
        """The user's role in the account."""
        return self._state().roles.get(user, self.users[user].role)

    def users_of_targets(self, targets: Iterable[Target]) -> dict[str, str | None]:
        """The users that a responder request asks, each with the escalation policy that names it, or None."""
        users: dict[str, str | None] = {}
        for target in targets:
            if target.type == "user_reference" and self.is_active(target.id):
                users[target.id] = None
            elif target.type == "escalation_policy_reference" and self.sees_policy(target.id):
                users |= {user: target.id for user in self.on_call(target.id, 1) if user not in users}
            else:
                raise errors.invalid_input(f"Target {target.id!r} does not exist")
        return users

    def agent(self, key: str) -> JSON:
        """Who did something: a user, or the service of an incident where no user did it."""
        return self.reference("service" if key in self.services else "user", key)

    def reference(self, kind: Kind, key: str) -> JSON:
        """The short form of an object, for answers that do not show it in full."""
        return {
            "id": key,
            "type": f"{kind}_reference",
            "summary": self.name(kind, key),
            "self": self.api_url(_COLLECTIONS[kind], key),
            "html_url": self.console_url(kind, key),
        }

    def incident_reference(self, key: str, summary: str) -> JSON:
        """The short form of an incident."""
        return {
            "id": key,
            "type": "incident_reference",
            "summary": summary,
            "self": self.api_url("incidents", key),
            "html_url": self.console_url("incident", key),
        }

    def workflow_reference(self, key: str, name: str) -> JSON:
        """The short form of an incident workflow."""
        return {
            "id": key,
            "type": "incident_workflow_reference",
            "summary": name,
            "self": self.api_url("incident_workflows", key),
            "html_url": f"{self.public_url}/app/workflows/{key}",
        }

    def name(self, kind: Kind, key: str) -> str:
        """The object's name."""
        match kind:
            case "user":
                return self.users[key].name
            case "service":
                return self.services[key].name
            case "escalation_policy":
                return self.policies[key].name
            case "team":
                return self.teams[key].name
            case "priority":
                return self.priorities[key].name

    def api_url(self, *path: str) -> str:
        """A REST address."""
        return "/".join((self._rest_url, *path))

    def console_url(self, kind: Kind | Literal["incident"], key: str) -> str | None:
        """The address of the object's console page; None for priorities, which have no page."""
        match kind:
            case "incident":
                return f"{self.public_url}/app/incidents/{key}"
            case "service":
                return f"{self.public_url}/service-directory/{key}"
            case "user":
                return f"{self.public_url}/app/users/{key}"
            case "escalation_policy" | "team":
                return f"{self.public_url}/app/on-call#{key}"
            case "priority":
                return None
