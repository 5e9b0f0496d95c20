"""Links that nobody used for long are refreshed, by PagerDuty's clock."""

from collections.abc import Mapping

from activities.registration import implements
from activities.upkeep.batches import BATCH, OF_THE_APP, Step, begun, each
from muster.clients.pagerduty.access import account_of
from muster.clients.pagerduty.refresh import NotAnswered
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.config_file import PagerDutyAccount
from muster.linked_people.link_refresh import LinkEnded, opening
from muster.linked_people.person_token import PersonTokens
from muster.security.sealing import KeyRing
from muster.store import links
from muster.store.links import LinkedPerson
from muster.store.pool import Pool
from workflows.errors import OutsideError, RequestInvalid
from workflows.link_lifetimes import AUTHORIZATION_LIVES, REFRESHED_AFTER
from workflows.upkeep.activities import (
    READ_PAGERDUTY_TIME,
    REFRESH_LINKS,
    Batch,
    OfAccount,
    PagerDutyTime,
    Progress,
)


class RefreshingActivities:
    """Keeps links alive that nobody clicks with."""

    def __init__(
        self,
        pagerduty: PagerDutyClient,
        person_tokens: PersonTokens,
        accounts: Mapping[str, PagerDutyAccount],
        keys: KeyRing,
        pool: Pool,
    ) -> None:
        self._client = pagerduty
        self._tokens = person_tokens
        self._accounts = accounts
        self._keys = keys
        self._pool = pool

    @implements(READ_PAGERDUTY_TIME)
    async def read_time(self, request: OfAccount) -> PagerDutyTime:
        """The time of the account's identity host."""
        return PagerDutyTime(now=await self._client.get_time(account_of(self._accounts, request.account)))

    @implements(REFRESH_LINKS)
    async def refresh_links(self, batch: Batch) -> Progress:
        """Refresh the next links that are due; a link that PagerDuty refuses to refresh ends."""
        progress = begun(after=batch.after)
        if batch.now is None:
            raise RequestInvalid("a refresh is due by PagerDuty's time, and the batch does not say it")
        due = await links.due_for_refresh(
            self._pool,
            batch.account,
            after=progress.after,
            now=batch.now,
            unused=REFRESHED_AFTER,
            year=AUTHORIZATION_LIVES,
            most=BATCH,
        )

        async def refresh(person: LinkedPerson) -> Step:
            return await self._refresh(person.link, batch.account)

        return await each(due, refresh, progress, is_last=len(due) < BATCH, ends_at=_costs_links)

    async def _refresh(self, link: int, account: str) -> Step:
        with opening(link):
            user = await links.linked_user(self._pool, self._keys, link, account=account)
        if user is None:
            return Step()
        try:
            # Whoever refreshed it since the row was read did what is wanted.
            refreshed = await self._tokens.renewed(link, account=account, rejected=user.access_token)
        except LinkEnded:
            return Step(ended=1)
        return Step(done=int(refreshed is not None))


def _costs_links(error: OutsideError) -> bool:
    """The next link would fare no better, or its refresh token may be used up without an answer too."""
    return isinstance(error, OF_THE_APP) or isinstance(error.__cause__, NotAnswered)
