"""Teams: known from their first activity on, and who authorized them for which account."""

from datetime import datetime

import asyncpg

from muster.store.pool import Connection, Pool, transaction
from muster.store.queries import load_queries
from muster.store.readable_keys import draw_team_key
from workflows.team_setup.messages import Deadlines, Start
from workflows.values import Value

QUERIES = load_queries(__file__)


class Team(Value):
    """The row of a team."""

    id: str
    """Its thread id."""
    tenant: str
    key: str
    name: str
    account: str | None
    service_url: str | None
    """Where its channels live now; ``None`` where no activity has told it yet."""
    step: str | None
    """Of its set-up; ``None``: it was connected without one."""
    installer: str | None
    """AAD object id of whoever installed the app."""
    chosen_channel: str | None
    membership_at: datetime | None
    """Time of the newest activity that told an installation or a removal."""
    removed_at: datetime | None
    """The app is not in the team any more."""
    authorized_by: str | None
    authorized_name: str | None
    authorized_role: str | None
    authorized_at: datetime | None
    forgotten_at: datetime | None
    """Since then an authorization counts no more, but for a later one."""

    @property
    def is_authorized(self) -> bool:
        """It belongs to its account: an Admin has authorized it, or it was connected without a set-up."""
        if self.account is None:
            return False
        return self.authorized_at is not None or self.forgotten_at is None

    def start(self, deadlines: Deadlines) -> Start:
        """How the workflow of the team's set-up starts where none runs."""
        return Start(tenant=self.tenant, team=self.id, key=self.key, name=self.name, deadlines=deadlines)


async def first_seen(
    pool: Pool,
    *,
    id: str,
    tenant: str,
    name: str | None,
    aad_group_id: str | None,
    service_url: str,
    named_at: datetime | None = None,
) -> Team:
    """The team's row, made where there was none; what the activity tells of a known team is written.

    ``named_at``: when Teams told the name. One that is older than the row's, or that nobody dates where the
    row's is dated, is not written.
    Raises ``TeamOfAnotherTenant``.
    """
    async with transaction(pool) as connection:
        row = await QUERIES["follow"].fetchrow(
            connection,
            id=id,
            tenant=tenant,
            name=name,
            aad_group_id=aad_group_id,
            service_url=service_url,
            named_at=named_at,
        )
        if row is None:
            row = await QUERIES["insert"].fetchrow(
                connection,
                id=id,
                tenant=tenant,
                key=await draw_team_key(connection, name or ""),
                name=name or "",
                aad_group_id=aad_group_id,
                service_url=service_url,
                named_at=named_at,
            )
    if row is None:
        raise TeamOfAnotherTenant(id)
    return _team(row)


class TeamOfAnotherTenant(Exception):
    """The id belongs to a team of another tenant."""


async def upsert(
    connection: Connection, *, id: str, tenant: str, aad_group_id: str, name: str, account: str
) -> None:
    """Write a team of an account, inside a transaction. One that is known keeps tenant, account and key."""
    if await QUERIES["update"].fetchval(connection, id=id, name=name, aad_group_id=aad_group_id):
        return
    await QUERIES["insert_connected"].execute(
        connection,
        id=id,
        tenant=tenant,
        key=await draw_team_key(connection, name),
        name=name,
        aad_group_id=aad_group_id,
        account=account,
    )


async def seed_setup(
    connection: Connection,
    *,
    id: str,
    service_url: str,
    installer: str,
    chosen_channel: str,
    authorized_by: str,
    authorized_name: str,
    authorized_role: str,
) -> None:
    """Write how a seeded team came aboard; one of which a set-up has written anything keeps that."""
    await QUERIES["seed_setup"].execute(
        connection,
        id=id,
        service_url=service_url,
        installer=installer,
        chosen_channel=chosen_channel,
        by=authorized_by,
        name=authorized_name,
        role=authorized_role,
    )


async def find(connection: Connection | Pool, id: str) -> Team | None:
    """The row of a team, by its thread id."""
    row = await QUERIES["find"].fetchrow(connection, id=id)
    return _team(row) if row else None


async def find_or_make(pool: Pool, id: str, *, tenant: str, key: str, name: str) -> Team | None:
    """The row of a team, made where there is none; its address is told by the next activity.

    ``None``: the team is another tenant's, or the key another team's by now.
    """
    if await find(pool, id) is None:
        await QUERIES["make"].execute(pool, id=id, tenant=tenant, key=key, name=name)
    team = await find(pool, id)
    return team if team is not None and team.tenant == tenant else None


async def find_by_key(connection: Connection | Pool, key: str) -> Team | None:
    """The row of a team, by its readable key."""
    row = await QUERIES["find_by_key"].fetchrow(connection, key=key)
    return _team(row) if row else None


async def of_channel(connection: Connection | Pool, channel: str) -> Team | None:
    """The team of a channel; ``None`` for a chat, and for what no row knows."""
    row = await QUERIES["of_channel"].fetchrow(connection, channel=channel)
    return _team(row) if row else None


async def of_tenant(connection: Connection | Pool, tenant: str) -> tuple[Team, ...]:
    """The tenant's teams that have the app, by name."""
    return tuple(_team(row) for row in await QUERIES["of_tenant"].fetch(connection, tenant=tenant))


async def follow(connection: Connection | Pool, *, id: str, tenant: str, service_url: str) -> None:
    """Write where a team lives now, as an authenticated activity from there tells it."""
    await QUERIES["move"].execute(connection, id=id, tenant=tenant, service_url=service_url)


async def note_installer(
    connection: Connection | Pool,
    id: str,
    *,
    installer: str | None,
    chosen_channel: str | None,
    is_anew: bool = False,
) -> None:
    """Write who installed the app and which channel they chose; what is not told stays.

    ``is_anew``: the app came back after a removal, so that who installed it before counts no more.
    """
    await QUERIES["note_installer"].execute(
        connection, id=id, installer=installer, chosen_channel=chosen_channel, is_anew=is_anew
    )


async def note_membership(connection: Connection | Pool, id: str, *, at: datetime, removed: bool) -> None:
    """Write that the app came into the team or left it; what is older than what is known changes nothing."""
    await QUERIES["note_membership"].execute(connection, id=id, at=at, removed=removed)


async def note_step(connection: Connection | Pool, id: str, step: str) -> None:
    """Write the step of the team's set-up."""
    await QUERIES["note_step"].execute(connection, id=id, step=step)


async def forget_authorization(connection: Connection | Pool, id: str, *, before: datetime) -> None:
    """Forget who authorized the team, where that was before the app came back; the account stays."""
    await QUERIES["forget_authorization"].execute(connection, id=id, before=before)


async def rename(connection: Connection | Pool, id: str, name: str) -> None:
    """Write the team's name; its key stays."""
    await QUERIES["rename"].execute(connection, id=id, name=name)


def _team(row: asyncpg.Record) -> Team:
    return Team(**{name: row[name] for name in Team.model_fields})
