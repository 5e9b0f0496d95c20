"""``muster seed FILE``: rows that set-up would make, from a file; running it again changes what changed.

Until the set-up conversation exists, this is how teams, people and connections come to be; the
sandbox uses it to start connected.
"""

from pathlib import Path

import asyncpg
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationInfo, field_validator

from muster.errors import OperatorError
from muster.security.sealing import KeyRing
from muster.settings import Settings
from muster.store.migrate import require_schema
from muster.store.people import secret_place, token_place
from muster.store.pool import Connection, load_queries, open_pool
from workflows.ids import channel_key

QUERIES = load_queries(__file__)


class SeedRefused(OperatorError):
    """The database has no place for a row of the file: what it belongs to is in neither."""


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Account(_Row):
    """A PagerDuty account of the configuration."""

    key: str
    subdomain: str
    region: str


class Subscription(_Row):
    """A webhook subscription with its signing secret."""

    account: str
    id: str
    secret: SecretStr


class Tenant(_Row):
    """A Microsoft tenant of the configuration."""

    id: str
    name: str


class Team(_Row):
    """A Microsoft team and the account it belongs to."""

    tenant: str
    id: str
    aad_group_id: str
    name: str
    account: str


class Channel(_Row):
    """A channel of a team."""

    team: str
    id: str
    name: str
    service_url: str


class Person(_Row):
    """Somebody in a tenant."""

    tenant: str
    aad_object_id: str
    teams_id: str
    name: str
    email: str


class Link(_Row):
    """A person's link to their PagerDuty user."""

    tenant: str
    aad_object_id: str
    account: str
    pagerduty_user: str
    pagerduty_name: str
    pagerduty_email: str
    access_token: SecretStr


class ServiceConnection(_Row):
    """A service whose incidents appear in a channel."""

    account: str
    service: str
    service_name: str
    channel: str


class Seed(_Row):
    """The file, as JSON."""

    pagerduty_accounts: tuple[Account, ...] = ()
    tenants: tuple[Tenant, ...] = ()
    webhook_subscriptions: tuple[Subscription, ...] = ()
    teams: tuple[Team, ...] = ()
    channels: tuple[Channel, ...] = ()
    people: tuple[Person, ...] = ()
    links: tuple[Link, ...] = ()
    connections: tuple[ServiceConnection, ...] = ()

    @field_validator("channels")
    @classmethod
    def _channels_have_their_team(
        cls, value: tuple[Channel, ...], info: ValidationInfo
    ) -> tuple[Channel, ...]:
        if "teams" in info.data:  # wrong teams have messages of their own
            known = {team.id for team in info.data["teams"]}
            for number, channel in enumerate(value):
                if channel.team not in known:
                    raise ValueError(f"the team of channel {number} is not in the file")
        return value


def read_seed(path: Path) -> Seed:
    """The file's rows; raises pydantic's ValidationError for a wrong file."""
    return Seed.model_validate_json(path.read_bytes())


async def seed(settings: Settings, content: Seed) -> None:
    """Write the rows in one transaction.

    Raises ``DatabaseUnreachable``, ``SchemaMissing`` or ``SeedRefused``.
    """
    keys = KeyRing.parse(settings.keys.get_secret_value())
    pool = await open_pool(settings.database_url.get_secret_value(), size=1)
    try:
        await require_schema(pool)
        async with pool.acquire() as connection, connection.transaction():
            await _write(connection, content, keys)
    except asyncpg.IntegrityConstraintViolationError as error:
        # Not the server's own text: it repeats values.
        raise SeedRefused(
            f"the database refuses a row of {error.table_name}: {error.constraint_name}"
        ) from error
    finally:
        await pool.close()


async def _write(connection: Connection, content: Seed, keys: KeyRing) -> None:
    async def each(query: str, rows: list[tuple[object, ...]]) -> None:
        await connection.executemany(QUERIES[query], rows)

    teams = {team.id: team.name for team in content.teams}
    await each("account", [(a.key, a.subdomain, a.region) for a in content.pagerduty_accounts])
    await each("tenant", [(t.id, t.name) for t in content.tenants])
    await each("team", [(t.id, t.tenant, t.aad_group_id, t.name, t.account) for t in content.teams])
    await each(
        "channel",
        [(c.id, c.team, channel_key(teams[c.team], c.name), c.name, c.service_url) for c in content.channels],
    )
    await each("person", [(p.tenant, p.aad_object_id, p.teams_id, p.name, p.email) for p in content.people])
    await each("connection", [(c.account, c.service, c.service_name, c.channel) for c in content.connections])
    await each(
        "subscription",
        [
            (s.account, s.id, keys.seal(s.secret.get_secret_value(), secret_place(s.account, s.id)))
            for s in content.webhook_subscriptions
        ],
    )
    await each(
        "link",
        [
            (
                link.tenant,
                link.aad_object_id,
                link.account,
                link.pagerduty_user,
                link.pagerduty_name,
                link.pagerduty_email,
                keys.seal(
                    link.access_token.get_secret_value(),
                    token_place(link.tenant, link.aad_object_id, link.account),
                ),
            )
            for link in content.links
        ],
    )
