"""In which of its account's Microsoft tenants a program has a chat or a meeting made."""

from collections.abc import Sequence

from api.public.errors import ApiError
from api.public.public_api import PublicApi
from muster.cards.access_policy import policy_commands
from muster.cards.rooms.programs import NO_TEAM, NO_TENANT, OTHER_HOME
from muster.store import program_rooms, teams
from workflows.incident_room.messages import RoomKey


class Tenants:
    """Finds tenants. What is configured says which of them an account may use."""

    def __init__(self, api: PublicApi) -> None:
        self._settings = api.settings
        self._pool = api.pool
        self._incidents = api.incidents

    def require(self, account: str, tenant: str) -> str:
        """The tenant as it is configured; raises ``ApiError`` 404 where it is not this account's."""
        found = tenant.lower()
        if not self.is_of(account, found):
            raise ApiError(404, NO_TENANT)
        return found

    async def is_home_of_chat(self, room: RoomKey, tenant: str) -> None:
        """Raise ``ApiError`` 404 where the incident's chat would be made in another tenant.

        One that is there, or on its way, is the answer wherever it is.
        """
        home = await program_rooms.home(self._pool, room)
        if home is not None and home.tenant != tenant and not home.has_chat:
            raise ApiError(404, OTHER_HOME)

    async def is_home_of_meeting(self, room: RoomKey, tenant: str, *, answer_by: float) -> None:
        """The same of its meeting, or of a bridge that somebody has set; raises as ``Incidents.read`` too."""
        home = await program_rooms.home(self._pool, room)
        if home is None or home.tenant == tenant or home.has_meeting:
            return
        incident = await self._incidents.read(room.account, room.incident_id, answer_by=answer_by)
        bridge = incident.snapshot.bridge
        if bridge is None or not bridge.url:
            raise ApiError(404, OTHER_HOME)

    async def of_team(self, account: str, team: str) -> str:
        """The tenant of a team of the account, by the team's thread id; raises ``ApiError`` 404."""
        found = await teams.find(self._pool, team)
        if found is None or found.removed_at is not None or not found.is_authorized:
            raise ApiError(404, NO_TEAM)
        if found.account != account or not self.is_of(account, found.tenant):
            raise ApiError(404, NO_TEAM)
        return found.tenant

    async def of_click(self, room: RoomKey, *, linked: Sequence[str]) -> str:
        """Where nobody names one: the incident's, else that of whoever clicked, else the account's first.

        ``linked``: the tenants in which whoever clicked is linked. Raises ``ApiError`` 404.
        """
        known = (await program_rooms.tenant_of_incident(self._pool, room), *linked)
        mine = (tenant for tenant in (*known, *self._settings.teams) if tenant)
        found = next((tenant for tenant in mine if self.is_of(room.account, tenant)), None)
        if found is None:
            raise ApiError(404, NO_TENANT)
        return found

    def policy(self, tenant: str) -> str:
        """The commands that let Muster make meetings there; empty where the tenant is not configured."""
        found = self._settings.teams.get(tenant)
        return policy_commands(name=found.name, app_id=found.app_id) if found else ""

    def policy_of(self, account: str) -> str:
        """Those of the account's tenant; empty where it has several, of which any may be meant."""
        mine = self.of_account(account)
        return self.policy(mine[0]) if len(mine) == 1 else ""

    def is_of(self, account: str, tenant: str) -> bool:
        """Whether the configuration gives the tenant to the account."""
        return tenant in self.of_account(account)

    def of_account(self, account: str) -> tuple[str, ...]:
        """Those that the configuration gives to the account."""
        return tuple(one for one in self._settings.teams if account in self._settings.accounts_of(one))
