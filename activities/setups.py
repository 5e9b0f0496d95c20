"""The rows of set-ups: what a run restores, records and asks for, and the set-ups that wait beside it."""

import asyncio
from datetime import timedelta

import structlog

from activities.registration import implements
from activities.signals import WorkflowSignals
from muster.permissions import missing_of
from muster.security.sealing import KeyRing
from muster.settings import Settings
from muster.store import accounts, link_offers, notices, people, suspensions, teams
from muster.store.pool import Pool, transaction
from muster.store.teams import Team
from workflows.contract import Done
from workflows.errors import ProviderUnavailable, RequestInvalid
from workflows.team_setup.activities import (
    MAKE_OFFER,
    RECORD_SETUP,
    RESTORE_SETUP,
    WAKE_SETUPS,
    MakeOffer,
    Offered,
    OfTeam,
    RecordSetup,
    RestoreSetup,
    StoredLink,
    StoredSetup,
)
from workflows.team_setup.messages import ConsentReturned, Deadlines
from workflows.team_setup.workflow_type import CONSENT_RETURNED, TEAM_SETUP

_TOLD_AT_ONCE = 10

log = structlog.stdlib.get_logger(__name__)


class SetupActivities:
    """Restores set-ups, records how they stand, makes their offers."""

    def __init__(self, pool: Pool, keys: KeyRing, settings: Settings, signals: WorkflowSignals) -> None:
        self._pool = pool
        self._keys = keys
        self._settings = settings
        self._signals = signals

    @implements(RESTORE_SETUP)
    async def restore_setup(self, request: RestoreSetup) -> StoredSetup:
        """What the rows know of a team's set-up. Raises ``RequestInvalid`` for a team of another tenant.

        An activity may have found the row a moment before upkeep forgot the team: it is a new one then.
        """
        team = await teams.find_or_make(
            self._pool, request.team, tenant=request.tenant, key=request.key, name=request.name
        )
        if team is None:
            raise RequestInvalid("there is no row for this team")
        roles = await accounts.roles_of(self._pool, team.tenant)
        installer = team.installer and await people.find(self._pool, team.tenant, team.installer)
        return StoredSetup(
            name=team.name,
            # A team that belonged to an account is authorized for that one again (docs/decisions/0043).
            accounts=(team.account,) if team.account else self._settings.accounts_of(team.tenant),
            account=team.account,
            step=team.step,
            installer=installer or None,
            chosen_channel=team.chosen_channel,
            membership_at=team.membership_at,
            removed=team.removed_at is not None,
            away=await suspensions.away(self._pool, team.id),
            is_authorized=team.is_authorized,
            authorized_at=team.authorized_at,
            authorized_name=team.authorized_name,
            missing=None if roles is None else missing_of(roles),
            links=tuple(
                StoredLink(
                    id=row.id,
                    kind=row.kind,
                    request=row.request,
                    account=row.account,
                    state=row.state,
                    expires_at=row.expires_at,
                )
                for row in await link_offers.newest(self._pool, team.id)
            ),
            notices=await notices.of_subject(self._pool, request.subject),
            numbers=await notices.numbers(self._pool, request.subject),
        )

    @implements(RECORD_SETUP)
    async def record_setup(self, request: RecordSetup) -> Done:
        """Write all of it, or nothing."""
        async with transaction(self._pool) as connection:
            if request.anew_at is not None:
                await teams.forget_authorization(connection, request.team, before=request.anew_at)
            await teams.note_step(connection, request.team, request.step)
            await teams.note_installer(
                connection,
                request.team,
                installer=request.installer,
                chosen_channel=request.chosen_channel,
                is_anew=request.anew_at is not None,
            )
            if request.membership_at is not None:
                await teams.note_membership(
                    connection, request.team, at=request.membership_at, removed=request.removed
                )
            if request.ends_links:
                await link_offers.end_all(connection, request.team, "removed")
        return Done()

    @implements(MAKE_OFFER)
    async def make_offer(self, request: MakeOffer) -> Offered:
        """Make the offer, or find the one that this request has made."""
        account = request.account
        if request.kind == "authorize" and account is None:
            configured = self._settings.accounts_of(request.tenant)
            if len(configured) != 1:
                raise RequestInvalid("no PagerDuty account is configured for this tenant")
            (account,) = configured
        offer = await link_offers.make(
            self._pool,
            self._keys,
            kind=request.kind,
            tenant=request.tenant,
            team=request.team,
            account=account,
            request=request.request,
            life=timedelta(seconds=request.life),
        )
        return Offered(
            id=offer.id, account=offer.account, expires_at=offer.expires_at, is_open=offer.state == "open"
        )

    @implements(WAKE_SETUPS)
    async def wake_setups(self, request: OfTeam) -> Done:
        """Tell the tenant's other set-ups that wait for the consent to look for it.

        One that cannot be told keeps nobody else from hearing of it. Raises ``ProviderUnavailable`` with the
        number of those: another attempt tells all that still wait, and who was told already only looks again.
        """
        waiting = [
            team
            for team in await teams.of_tenant(self._pool, request.tenant)
            if team.id != request.team and team.step == "consenting"
        ]
        few = asyncio.Semaphore(_TOLD_AT_ONCE)
        told = await asyncio.gather(*(self._is_told(team, few) for team in waiting))
        if missed := told.count(False):
            raise ProviderUnavailable(f"{missed} of {len(told)} set-ups were not told of the consent")
        return Done()

    async def _is_told(self, team: Team, few: asyncio.Semaphore) -> bool:
        start = team.start(Deadlines(link=self._settings.link_life))
        returned = ConsentReturned(offer=None, refused=False)
        async with few:
            try:
                await self._signals.signal(TEAM_SETUP, start, CONSENT_RETURNED.goes_on_as, returned)
            except ProviderUnavailable as error:
                log.warning("a set-up was not told of the consent", team=team.key, error=str(error))
                return False
        return True
