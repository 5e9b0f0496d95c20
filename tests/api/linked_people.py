"""Teams that belong to accounts, and people who are linked, for tests of commands and buttons."""

from datetime import UTC, datetime, timedelta

from muster.person_tokens import Tokens
from muster.security.sealing import KeyRing
from muster.settings import Settings
from muster.store import accounts, links, people, teams
from muster.store.pool import Pool, transaction
from tests.api.conftest import SERVICE_URL
from tests.api.team_bot import OTHER_TENANT, TEAM
from tests.support.company import ADA_AAD, BO_AAD, TENANT
from tests.support.settings import KEYS

RING = KeyRing.parse(KEYS)
SECOND_TEAM, THEIR_TEAM = "19:second@thread.tacv2", "19:theirs@thread.tacv2"
EMAIL = "ada.pager@acme.example"
NAMES = {ADA_AAD: "Ada Ops", BO_AAD: "Bo Call"}


async def company(pool: Pool, settings: Settings) -> None:
    """Two tenants, a team of each, two people; no team belongs to an account yet."""
    await accounts.write_configured(pool, settings.accounts.values(), settings.teams)
    await accounts.upsert_tenant(pool, id=OTHER_TENANT, name="Another")
    for id, tenant, name in (
        (TEAM, TENANT, "Payments"),
        (SECOND_TEAM, TENANT, "Second"),
        (THEIR_TEAM, OTHER_TENANT, "Secrets"),
    ):
        await teams.first_seen(
            pool, id=id, tenant=tenant, name=name, aad_group_id=None, service_url=SERVICE_URL
        )
    for person, name in NAMES.items():
        await people.seen(pool, tenant=TENANT, aad_object_id=person, teams_id=f"29:{person}", name=name)


async def connect(
    pool: Pool, account: str | None = "acme", team: str = TEAM, authorized_by: str | None = "PADMIN1"
) -> None:
    """The team belongs to the account; an Admin of PagerDuty authorized it."""
    await pool.execute(
        "UPDATE team SET account = $2, step = 'complete', authorized_by = $3 WHERE id = $1",
        *(team, account, authorized_by),
    )


async def link(
    pool: Pool,
    person: str = ADA_AAD,
    account: str = "acme",
    *,
    user: str = "PUSER01",
    name: str = "Ada *Pager*",
    tenant: str = TENANT,
    role: str | None = None,
    access_token: str = "pdus+_access",
    refreshed_ago: timedelta = timedelta(days=1),
    authorized_ago: timedelta = timedelta(days=40),
) -> int:
    """The row by which a person is linked."""
    now = datetime.now(UTC)
    tokens = Tokens(
        access_token=access_token,
        refresh_token="pdus+_refresh",
        scopes=("openid",),
        issued_at=now - authorized_ago,
        expires_at=now + timedelta(days=1),
    )
    async with transaction(pool) as connection:
        made = await links.insert(
            connection,
            RING,
            tenant=tenant,
            aad_object_id=person,
            account=account,
            pagerduty_user=user,
            name=name,
            email=EMAIL,
            tokens=tokens,
            role=role,
        )
    await pool.execute("UPDATE user_link SET refreshed_at = $2 WHERE id = $1", made, now - refreshed_ago)
    return made


async def linked(pool: Pool, tenant: str = TENANT) -> set[tuple[str, str]]:
    """Who is linked in a tenant: people and accounts."""
    rows = await pool.fetch("SELECT aad_object_id, account FROM user_link WHERE tenant = $1", tenant)
    return {(row["aad_object_id"], row["account"]) for row in rows}
