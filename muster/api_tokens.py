"""Making, listing and revoking tokens of our own API, as an operator does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import asyncpg

from muster.clients.http import open_pool as open_http_pool
from muster.clients.pagerduty.app_scopes import TOKENS
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.clients.pagerduty.tokens import AppTokens
from muster.clients.way_out import way_out
from muster.config_file import PagerDutyAccount
from muster.errors import OperatorError
from muster.security.api_tokens import new_token
from muster.settings import Settings
from muster.store import accounts, api_tokens
from muster.store.api_tokens import Listed
from muster.store.migrate import require_schema
from muster.store.pool import UNAVAILABLE, Pool, open_pool, transaction
from workflows.errors import OutsideError

_LONGEST_NAME = 100


class TokenRefused(OperatorError):
    """What was asked for cannot be done; the text says why."""


class Made(NamedTuple):
    """A new token; nobody can read it again."""

    id: str
    token: str


async def create(settings: Settings, *, account: str, name: str, email: str) -> Made:
    """Make a token that acts as the account's user with this e-mail, whom PagerDuty tells.

    Raises ``TokenRefused``, ``DatabaseUnreachable``, ``SchemaMissing`` or ``SchemaUnreadable``.
    """
    if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        raise TokenRefused(f"--name: it must have 1 to {_LONGEST_NAME} characters that can be shown")
    configured = settings.accounts.get(account.lower())
    if configured is None:
        known = ", ".join(settings.accounts) or "none"
        raise TokenRefused(f"--account: the configuration has no account {account}, but {known}")
    user, known_email = await _user_of(settings, configured, email.strip())
    token = new_token()
    async with _database(settings) as pool, transaction(pool) as connection:
        # Nothing may have been started with this account yet.
        await accounts.upsert_account(
            connection, key=configured.key, subdomain=configured.subdomain, region=configured.region
        )
        id = await api_tokens.insert(
            connection,
            token,
            account=configured.key,
            name=name.strip(),
            pagerduty_user=user,
            pagerduty_email=known_email,
        )
    return Made(id, token)


async def listed(settings: Settings, account: str | None = None) -> tuple[Listed, ...]:
    """The tokens of an account, or of all, the oldest first; raises as ``create``."""
    async with _database(settings) as pool:
        return await api_tokens.all_of(pool, account and account.lower())


async def revoke(settings: Settings, id: str) -> str:
    """Let nobody use the token of this id any more; its name. Raises as ``create``."""
    async with _database(settings) as pool:
        name = await api_tokens.revoke(pool, id)
    if name is None:
        raise TokenRefused(f"there is no token {id} that could be used: `muster tokens list` has them all")
    return name


async def _user_of(settings: Settings, account: PagerDutyAccount, email: str) -> tuple[str, str]:
    async with open_http_pool(way_out(settings)) as http:
        try:
            app_tokens = AppTokens(http, settings.accounts)
            app_token = await app_tokens.get(account.key, TOKENS)
            user = await PagerDutyClient(http).find_user(account, email, token=app_token)
        except OutsideError as error:
            raise TokenRefused(f"PagerDuty does not tell who {email} is: {error}") from error
    if user is None:
        raise TokenRefused(f"--as: the PagerDuty account {account.key} has no user with the e-mail {email}")
    return user


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[Pool]:
    pool = await open_pool(settings.database, size=1)
    try:
        await require_schema(pool)
        yield pool
    except (asyncpg.PostgresError, *UNAVAILABLE) as error:
        raise TokenRefused(f"the database does not do it: {type(error).__name__}") from error
    finally:
        await pool.close()
