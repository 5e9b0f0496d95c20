"""What a tenant has consented to, and what it is called."""

import structlog

from activities.registration import implements
from muster.clients.graph.client import GraphClient
from muster.permissions import missing_of
from muster.store import accounts
from muster.store.pool import Pool
from workflows.contract import Done
from workflows.team_setup.activities import READ_ORGANIZATION, READ_ROLES, ReadRoles, Roles

log = structlog.stdlib.get_logger(__name__)


class ConsentActivities:
    """Asks Graph about tenants."""

    def __init__(self, graph: GraphClient, pool: Pool) -> None:
        self._graph = graph
        self._pool = pool

    @implements(READ_ROLES)
    async def read_roles(self, request: ReadRoles) -> Roles:
        """What is missing by a fresh token; a kept one tells what was granted an hour ago."""
        granted = await self._graph.granted_roles(request.tenant)
        if granted is None:
            log.warning("a Graph token does not tell what is granted", tenant=request.tenant)
            return Roles(missing=None)
        await accounts.note_roles(self._pool, request.tenant, granted)
        missing = missing_of(granted)
        log.info("roles read", tenant=request.tenant, granted=len(granted), missing=len(missing))
        return Roles(missing=missing)

    @implements(READ_ORGANIZATION)
    async def read_organization(self, request: ReadRoles) -> Done:
        """Write what the tenant calls itself."""
        if name := await self._graph.organization_name(request.tenant):
            await accounts.upsert_tenant(self._pool, id=request.tenant, name=name)
        return Done()
