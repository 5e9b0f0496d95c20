"""Who is in which team of the account, with which role, and which teams are private."""

from collections.abc import Callable

from sandbox.company import Company, DefaultRole, PagerDutyTeam, TeamRole
from sandbox.pagerduty.store import State


class TeamMemberships:
    """The memberships of the company, or those of ``/_sandbox/teams`` in their place."""

    def __init__(self, company: Company, state: Callable[[], State]) -> None:
        self._teams: dict[str, PagerDutyTeam] = {team.id: team for team in company.pagerduty_teams}
        self._state = state

    def of(self, team: str) -> dict[str, TeamRole]:
        """The roles of a team's members, by user."""
        members = self._state().memberships.get(team, self._teams[team].members)
        return {member.user: member.role for member in members}

    def role(self, team: str, user: str) -> TeamRole | None:
        """The user's role in the team; None for somebody who is no member."""
        return self.of(team).get(user)

    def default_role(self, team: str) -> DefaultRole:
        """What those who are no members may do: up to their base role, or nothing (``none``)."""
        return self._state().default_roles.get(team, self._teams[team].default_role)

    def is_private(self, team: str) -> bool:
        """Whether the team's objects are hidden from others."""
        return self.default_role(team) == "none"
