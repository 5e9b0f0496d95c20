"""A team of a service as one person sees it: their own role, and who manages it."""

from muster.clients.pagerduty.rest import INTERACTIVE, PagerDutyClient
from muster.config_file import PagerDutyAccount
from muster.payloads.services import members_of
from muster.store.links import LinkedUser
from muster.values import NAME, one_line
from workflows.errors import NotFound
from workflows.rights import ServiceTeam, TeamRole

_MOST_NAMES = 5
"""Names of managers that one sentence says."""


class TeamReader:
    """Reads the members of teams with one person's token."""

    def __init__(self, client: PagerDutyClient, account: PagerDutyAccount, user: LinkedUser) -> None:
        self._client = client
        self._account = account
        self._user = user

    async def completed(self, team: ServiceTeam) -> ServiceTeam:
        """The team with the person's role and its managers, from all pages of its members.

        A team that they may not see has no members for them.
        """
        role: TeamRole | None = None
        managers: list[str] = []
        read, more = 0, True
        while more:
            try:
                page = await self._client.list_team_members(
                    self._account, team.id, token=self._user.access_token, offset=read, within=INTERACTIVE
                )
            except NotFound:
                break
            for member in members_of(page):
                if member.user.id == self._user.pagerduty_user:
                    role = member.role
                elif member.role == "manager":
                    managers.append(one_line(member.user.name, NAME) or member.user.id)
            read += len(page["members"])
            # An empty page that promises another one would be read for ever.
            more = page.get("more") is True and bool(page["members"])
        return team.model_copy(
            update={
                "role": role,
                "managers": tuple(managers[:_MOST_NAMES]),
                "more_managers": max(0, len(managers) - _MOST_NAMES),
            }
        )
