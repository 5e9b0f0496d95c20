"""People who left their Microsoft organization: their links end, and there is nobody to tell."""

import structlog

from activities.registration import implements
from activities.upkeep.absence import believed
from activities.upkeep.batches import BATCH, Step, begun, each
from muster.clients.graph.client import GraphClient
from muster.permissions import READS_PEOPLE
from muster.store import accounts, links
from muster.store.links import LinkedPerson
from muster.store.pool import Pool, transaction
from workflows.errors import (
    ConsentMissing,
    CredentialRejected,
    Forbidden,
    NotFound,
    ProviderUnavailable,
    RateLimited,
    RequestInvalid,
)
from workflows.upkeep.activities import (
    END_LINKS_OF_PEOPLE,
    FIND_PEOPLE,
    Batch,
    FindAgain,
    Missed,
    Progress,
)

_CODE = "Request_ResourceNotFound"
"""Graph's word for what a directory does not have; a 404 without it is a proxy's."""

log = structlog.stdlib.get_logger(__name__)


class PeopleActivities:
    """Looks for people in the directories of tenants that consented to it; others are left out."""

    def __init__(self, graph: GraphClient, pool: Pool) -> None:
        self._graph = graph
        self._pool = pool

    @implements(FIND_PEOPLE)
    async def find_people(self, batch: Batch) -> Progress:
        """Look for the people of the next links; nothing ends yet."""
        progress = begun(after=batch.after)
        found = await links.after(self._pool, batch.account, after=progress.after, most=BATCH)
        directory = _Directory(self._graph, self._pool)

        async def examine(person: LinkedPerson) -> Step:
            match await directory.has(person.tenant, person.aad_object_id):
                case True:
                    return Step(found_in=person.tenant)
                case False:
                    return Step(
                        missed=Missed(link=person.link, where=person.tenant, who=person.aad_object_id)
                    )
                case None:
                    return Step(left_out=directory.left_out(person.tenant))

        return await each(found, examine, progress, is_last=len(found) < BATCH)

    @implements(END_LINKS_OF_PEOPLE)
    async def end_links(self, request: FindAgain) -> Progress:
        """End the links of people who are still not there, if Graph shows the tenant's directory."""
        directory = _Directory(self._graph, self._pool)

        async def is_witnessed(tenant: str, _: str) -> bool:
            try:
                return tenant.lower() in await self._graph.organization_ids(tenant)
            except (ConsentMissing, Forbidden):
                return False

        async def end(missed: Missed) -> Step:
            if await directory.has(missed.where, missed.who) is not False:
                return Step()
            async with transaction(self._pool) as connection:
                ended = await links.end(connection, missed.link, "person_gone")
                if ended is None:
                    return Step()
                await links.note_told(connection, ended.link)
            log.info("a link has ended: Microsoft does not know its person", link=ended.link)
            return Step(done=1)

        kept, progress = await believed(request, begun(after=0), is_witnessed)
        return await each(kept, end, progress, is_last=True)


class _Directory:
    """The directories of tenants, with one token each for as long as a batch takes.

    What is one tenant's own trouble closes its directory for the batch: tenants have registrations and limits
    of their own, and the people of the next one are looked for all the same.
    """

    def __init__(self, graph: GraphClient, pool: Pool) -> None:
        self._graph = graph
        self._pool = pool
        self._open: dict[str, bool] = {}
        self._tokens: dict[str, str] = {}
        self._refused: dict[str, str] = {}

    async def has(self, tenant: str, person: str) -> bool | None:
        """Whether the directory has this person; ``None``: the tenant is left out.

        Raises ``OutsideError`` for every other answer that says nothing about the person.
        """
        if not await self._is_open(tenant):
            return None
        try:
            if tenant not in self._tokens:
                self._tokens[tenant] = await self._graph.token(tenant)
            await self._graph.get_user(tenant, person, token=self._tokens[tenant])
        except NotFound as error:
            if error.code != _CODE:
                raise ProviderUnavailable("a 404 that is not Graph's own") from error
            return False
        except (ConsentMissing, Forbidden, RequestInvalid):
            self._open[tenant] = False
            return None
        except (CredentialRejected, RateLimited) as error:
            self._open[tenant] = False
            self._refused[tenant] = type(error).__name__
            return None
        return True

    def left_out(self, tenant: str) -> str:
        """The tenant, for operators; with what it answered, if more is wrong than a missing consent."""
        return f"tenant {tenant}: {self._refused[tenant]}" if tenant in self._refused else f"tenant {tenant}"

    async def _is_open(self, tenant: str) -> bool:
        if tenant not in self._open:
            roles = await accounts.roles_of(self._pool, tenant)
            self._open[tenant] = bool(roles and roles & READS_PEOPLE)
        return self._open[tenant]
