"""Rows of the configuration: the API and the worker write them at their start."""

import pytest

from muster.config_file import PagerDutyAccount
from muster.store import accounts
from muster.store.pool import Pool
from tests.support.company import TENANT

pytestmark = pytest.mark.anyio

OTHER = "33333333-3333-3333-3333-333333333333"


def account(subdomain: str) -> PagerDutyAccount:
    return PagerDutyAccount(subdomain=subdomain, region="eu", client_id="c", client_secret="s")


async def test_configured_accounts_and_tenants_have_rows_and_names_that_are_known_stay(pool: Pool) -> None:
    await accounts.write_configured(pool, [account("emca")], [TENANT, OTHER])
    await accounts.write_configured(pool, [account("emca")], [TENANT, OTHER])
    assert await pool.fetchval("SELECT region FROM pagerduty_account WHERE key = 'emca'") == "eu"
    assert await accounts.name_of_tenant(pool, TENANT) == "Acme"
    assert await accounts.name_of_tenant(pool, OTHER) == ""


async def test_the_roles_of_the_last_reading_are_kept(pool: Pool) -> None:
    assert await accounts.roles_of(pool, TENANT) is None
    await accounts.note_roles(pool, TENANT, [])
    assert await accounts.roles_of(pool, TENANT) == frozenset()
    await accounts.note_roles(pool, TENANT, ["User.ReadBasic.All", "Chat.Create"])
    assert await accounts.roles_of(pool, TENANT) == frozenset({"Chat.Create", "User.ReadBasic.All"})
