"""``muster seed FILE``: write rows from a file into the database. Run again, it writes what changed.

Teams, people and connections come to be by this command alone (docs/seeding.md), until the set-up is built
(docs/roadmap.md). The sandbox uses it to start connected.
"""

from pathlib import Path
from typing import Annotated

import asyncpg
from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from muster.config_file import Region
from muster.errors import OperatorError
from muster.identifiers import Subdomain, Uuid
from muster.security.api_tokens import is_token
from muster.security.sealing import KeyRing
from muster.setting_types import Secret, Storable, Text, WebAddress
from muster.settings import Settings
from muster.store import accounts, api_tokens, connections, conversations, links, people, subscriptions, teams
from muster.store.links import LinkedUser
from muster.store.migrate import require_schema
from muster.store.pool import UNAVAILABLE, Connection, open_pool
from workflows.presets import Preset


class SeedRefused(OperatorError):
    """The database does not take the rows of the file.

    Usually the row that one refers to is missing both in the file and in the database.
    """


def _of_a_token(value: SecretStr) -> SecretStr:
    if not is_token(value.get_secret_value()):
        raise PydanticCustomError("token", "it must be mst_ and 43 characters of base64url")
    return value


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Account(_Row):
    """A PagerDuty account of the configuration."""

    key: Subdomain
    subdomain: Subdomain
    region: Region


class Subscription(_Row):
    """A webhook subscription with its signing secret."""

    account: Subdomain
    id: Text
    secret: Secret
    url: WebAddress | None = None
    """Where it sends; without it, PagerDuty's list tells."""


class Tenant(_Row):
    """A Microsoft tenant of the configuration."""

    id: Uuid
    name: Storable
    roles: tuple[Text, ...] | None = None
    """Application permissions of Microsoft Graph that an admin consented to."""


class SetUp(_Row):
    """Who brought a team aboard: who added the app, where, and which user of PagerDuty authorized it."""

    service_url: WebAddress
    installer: Uuid
    chosen_channel: Text
    authorized_by: Text
    authorized_name: Storable
    authorized_role: Text


class Team(_Row):
    """A Microsoft team and the account it belongs to."""

    tenant: Uuid
    id: Text
    aad_group_id: Uuid
    name: Storable
    account: Subdomain
    set_up: SetUp | None = None


class Channel(_Row):
    """A channel of a team."""

    team: Text
    id: Text
    name: Storable
    service_url: WebAddress


class Person(_Row):
    """Somebody in a tenant."""

    tenant: Uuid
    aad_object_id: Uuid
    teams_id: Text
    name: Storable
    email: Storable


class Link(_Row):
    """A person's link to their PagerDuty user."""

    tenant: Uuid
    aad_object_id: Uuid
    account: Subdomain
    pagerduty_user: Text
    pagerduty_name: Storable
    pagerduty_email: Storable
    pagerduty_role: Text | None = None
    access_token: Secret


class ServiceConnection(_Row):
    """A service whose incidents appear in a conversation."""

    account: Subdomain
    service: Text
    service_name: Storable
    conversation: Text
    connected_by: Uuid | None = None
    connected_name: Storable | None = None
    preset: Preset | None = None
    """How much is said beside the cards that enter by it."""


class ApiToken(_Row):
    """A token of our own API, as it is."""

    account: Subdomain
    name: Storable
    token: Annotated[Secret, AfterValidator(_of_a_token)]
    pagerduty_user: Text
    pagerduty_email: Text


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
    api_tokens: tuple[ApiToken, ...] = ()

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

    Raises ``DatabaseUnreachable``, ``SchemaMissing``, ``SchemaUnreadable`` or ``SeedRefused``.
    """
    keys = KeyRing.parse(settings.keys.get_secret_value())
    pool = await open_pool(settings.database, size=1)
    try:
        await require_schema(pool)
        async with pool.acquire() as connection, connection.transaction():
            await _write(connection, content, keys)
    except asyncpg.IntegrityConstraintViolationError as error:
        # Not the server's own text: it repeats values.
        raise SeedRefused(
            f"the database refuses a row of {error.table_name}: {error.constraint_name}"
        ) from error
    except (asyncpg.PostgresError, *UNAVAILABLE) as error:
        # Nor here, but for a privilege that is missing, which names a table alone.
        reason = error if isinstance(error, asyncpg.InsufficientPrivilegeError) else type(error).__name__
        raise SeedRefused(f"the database does not take the rows: {reason}") from error
    finally:
        await pool.close()


async def _write(connection: Connection, content: Seed, keys: KeyRing) -> None:
    """Write each row after the rows that it refers to."""
    for account in content.pagerduty_accounts:
        await accounts.upsert_account(connection, **dict(account))
    for tenant in content.tenants:
        await accounts.upsert_tenant(connection, id=tenant.id, name=tenant.name)
        if tenant.roles is not None:
            await accounts.seed_roles(connection, tenant.id, tenant.roles)
    by_id = {team.id: team for team in content.teams}
    for team in content.teams:
        await teams.upsert(connection, **team.model_dump(exclude={"set_up"}))
        if team.set_up is not None:
            await teams.seed_setup(connection, id=team.id, **dict(team.set_up))
    for channel in content.channels:
        await _write_channel(connection, channel, by_id[channel.team])
    for person in content.people:
        await people.upsert(connection, **dict(person))
    for service in content.connections:
        await connections.upsert(connection, **dict(service))
    for subscription in content.webhook_subscriptions:
        await subscriptions.upsert(
            connection,
            keys,
            account=subscription.account,
            id=subscription.id,
            secret=subscription.secret.get_secret_value(),
            url=subscription.url,
        )
    for link in content.links:
        await _write_link(connection, link, keys)
    for token in content.api_tokens:
        values = token.model_dump(exclude={"token"})
        await api_tokens.seed(connection, token.token.get_secret_value(), **values)


async def _write_channel(connection: Connection, channel: Channel, team: Team) -> None:
    await conversations.upsert_channel(
        connection,
        id=channel.id,
        tenant=team.tenant,
        account=team.account,
        team=team.id,
        team_name=team.name,
        name=channel.name,
        service_url=channel.service_url,
    )


async def _write_link(connection: Connection, link: Link, keys: KeyRing) -> None:
    user = LinkedUser(
        pagerduty_user=link.pagerduty_user,
        name=link.pagerduty_name,
        email=link.pagerduty_email,
        access_token=link.access_token.get_secret_value(),
    )
    await links.seed(
        connection,
        keys,
        user,
        tenant=link.tenant,
        aad_object_id=link.aad_object_id,
        account=link.account,
        role=link.pagerduty_role,
    )
