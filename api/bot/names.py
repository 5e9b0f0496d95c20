"""Names that an activity does not tell, asked of the connector: a team's, and that of its installer."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

import structlog

from api.bot.activity import InboundActivity
from api.bot.sender import person_of
from muster.clients.teams.connector import ConnectorClient
from muster.store import people, teams
from muster.store.pool import Pool
from muster.values import NAME, one_line
from workflows.errors import OutsideError
from workflows.person import Person

_WITHIN = 2.0
"""Seconds for one name. What has none goes on without."""

AnswerT = TypeVar("AnswerT")

log = structlog.stdlib.get_logger(__name__)


class Names:
    """Finds names: in the activity, in the row, at the connector."""

    def __init__(self, pool: Pool, connector: ConnectorClient) -> None:
        self._pool = pool
        self._connector = connector

    async def of_team(self, activity: InboundActivity, tenant: str, team: str) -> str | None:
        """The team's name where it is news; ``None`` where the row has it, or nobody tells it in time."""
        if activity.team is not None and activity.team.name:
            return activity.team.name
        known = await teams.find(self._pool, team)
        if known is not None and known.name:
            return None
        found = await _in_time(self._connector.get_team(activity.service_url, tenant, team))
        return found.name or None if found else None

    async def of_sender(self, activity: InboundActivity, tenant: str, team: str) -> Person | None:
        """Who sent it, with their name where it can be found; an event of an installation often lacks it.

        A name that the connector tells is written.
        """
        person = person_of(activity)
        if person is None or person.name:
            return person
        name = await people.name_of(self._pool, tenant, person.aad_object_id)
        if name is None:
            member = await _in_time(
                self._connector.get_member(activity.service_url, tenant, team, person.teams_id)
            )
            name = one_line(member.name, NAME) if member else ""
            if name:
                await people.seen(
                    self._pool,
                    tenant=tenant,
                    aad_object_id=person.aad_object_id,
                    teams_id=person.teams_id,
                    name=name,
                )
        return person.model_copy(update={"name": name})


async def _in_time(asking: Awaitable[AnswerT]) -> AnswerT | None:
    try:
        async with asyncio.timeout(_WITHIN):
            return await asking
    except (OutsideError, TimeoutError) as failure:
        log.info("a name could not be read", reason=type(failure).__name__)
        return None
