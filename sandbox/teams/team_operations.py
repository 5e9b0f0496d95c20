"""The connector's calls about a team: its name, and the names of its channels.

Microsoft documents them in *get-teams-context*; the connector's published description does not have them.
"""

from sandbox.company import Team
from sandbox.teams.conversations import Conversations
from sandbox.teams.errors import bot_not_in_roster, conversation_not_found
from sandbox.teams.operations import Operation, Result
from sandbox.teams.rate_limits import RateWindows
from sandbox.teams.state import Conversation, Json
from sandbox.teams.teams import Teams


class TeamOperations:
    """Reads a team by its id, which is General's."""

    def __init__(self, conversations: Conversations, limits: RateWindows) -> None:
        self._conversations = conversations
        self._teams = Teams(conversations)
        self._limits = limits

    def team(self, team_id: str) -> Operation:
        """The team's name and Microsoft 365 group, and how large it is."""

        def run() -> Result:
            team = self._admit(team_id)
            details: Json = {
                "id": team.id,
                "name": team.name,
                "aadGroupId": team.aad_group_id,
                "tenantId": self._conversations.roster.company.tenant_id,
                "type": "standard",
                "channelCount": len(self._with_the_bot(team)),
                "memberCount": len(self._teams.members(team)),
            }
            return Result(200, details)

        return Operation("team", team_id, None, run)

    def channels(self, team_id: str) -> Operation:
        """The team's channels; General has no name here: each client writes it in its own language."""

        def run() -> Result:
            team = self._admit(team_id)
            listed = [
                {"id": c.id, "name": None if c.id == team.id else c.name, "type": c.type}
                for c in self._with_the_bot(team)
            ]
            return Result(200, {"conversations": listed})

        return Operation("team", team_id, None, run)

    def _with_the_bot(self, team: Team) -> list[Conversation]:
        """The team's channels; a private or shared one that the app was not added to is unknown to it."""
        return [c for c in self._teams.channels(team) if self._conversations.bot_is_in(c)]

    def _admit(self, team_id: str) -> Team:
        team = next((t for t in self._teams.all if t.id == team_id), None)
        if team is None or self._teams.is_deleted(team):
            raise conversation_not_found()
        if not self._teams.has_bot(team):
            raise bot_not_in_roster()
        self._limits.admit("read", team.id)
        return team
