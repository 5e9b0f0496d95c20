"""The account's users, services, policies, teams and priorities. Users' roles change, and who is active."""

from collections.abc import Callable, Container, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Literal

from sandbox.company import Company, EscalationPolicy, PagerDutyTeam, Person, Priority, Service
from sandbox.pagerduty import errors
from sandbox.pagerduty.model import Target

Kind = Literal["user", "service", "escalation_policy", "team", "priority"]
JSON = dict[str, Any]
_UNCHANGED: Mapping[str, str] = MappingProxyType({})

_COLLECTIONS: dict[str, str] = {
    "user": "users",
    "service": "services",
    "escalation_policy": "escalation_policies",
    "team": "teams",
    "priority": "priorities",
}


class Directory:
    """Look-ups by id, and the REST and console addresses of each object.

    ``changed_roles`` gives the roles that are not those of the company, by user. ``deactivated`` gives the
    users who were taken out of the account: what they did keeps their names, and policies still name them.
    """

    def __init__(
        self,
        company: Company,
        public_url: str,
        rest_url: str | None = None,
        changed_roles: Callable[[], Mapping[str, str]] = lambda: _UNCHANGED,
        deactivated: Callable[[], Container[str]] = frozenset,
    ) -> None:
        self.company = company
        self._changed_roles = changed_roles
        self._deactivated = deactivated
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
        return user in self.users and user not in self._deactivated()

    def priority_named(self, name: str) -> str | None:
        """The id of the highest priority with this name."""
        return next((priority.id for priority in self.company.priorities if priority.name == name), None)

    def on_call(self, policy: str, level: int) -> tuple[str, ...]:
        """The users whom this level of the policy names; levels count from 1."""
        return self.policies[policy].levels[level - 1]

    def teams_of_user(self, user: str) -> tuple[str, ...]:
        """The teams of the user: those that have a service whose escalation policy names the user."""
        services = self.company.services
        return tuple(
            dict.fromkeys(
                service.team
                for service in services
                if any(user in level for level in self.policies[service.escalation_policy].levels)
            )
        )

    def members(self, team: str) -> tuple[str, ...]:
        """The active users of a team."""
        return tuple(user for user in self.active_users if team in self.teams_of_user(user))

    def role(self, user: str) -> str:
        """The user's role in the account."""
        return self._changed_roles().get(user, self.users[user].role)

    def team_role(self, user: str) -> str:
        """The user's role in their teams: owners, admins and users are managers, others responders."""
        return "manager" if self.role(user) in ("owner", "admin", "user") else "responder"

    def users_of_targets(self, targets: Iterable[Target]) -> dict[str, str | None]:
        """The users that a responder request asks, each with the escalation policy that names it, or None."""
        users: dict[str, str | None] = {}
        for target in targets:
            if target.type == "user_reference" and self.is_active(target.id):
                users[target.id] = None
            elif target.type == "escalation_policy_reference" and target.id in self.policies:
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
                return f"{self.public_url}/app/services/{key}"
            case "user":
                return f"{self.public_url}/app/users/{key}"
            case "escalation_policy" | "team":
                return f"{self.public_url}/app/on-call#{key}"
            case "priority":
                return None
