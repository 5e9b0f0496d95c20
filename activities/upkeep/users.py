"""PagerDuty users who are gone: their links end, and the people behind them are told."""

from collections.abc import Mapping

import structlog

from activities.registration import implements
from activities.signals import WorkflowSignals
from activities.upkeep.absence import believed, tell_now
from activities.upkeep.batches import BATCH, Step, begun, each
from muster.clients.pagerduty.access import account_of
from muster.clients.pagerduty.app_scopes import USERS
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.clients.pagerduty.tokens import AppTokens
from muster.config_file import PagerDutyAccount
from muster.linked_people.ended_links import EndedLinks
from muster.settings import Settings
from muster.store import links
from muster.store.links import LinkedPerson
from muster.store.pool import Pool
from workflows.errors import NotFound, ProviderUnavailable
from workflows.upkeep.activities import (
    END_LINKS_OF_USERS,
    FIND_USERS,
    Batch,
    FindAgain,
    Missed,
    Progress,
)

_CODES = frozenset({"2100", "5001"})
"""PagerDuty's numbers for what is not there; a 404 without them is a proxy's."""

log = structlog.stdlib.get_logger(__name__)


class UserActivities:
    """Looks for users as the account's app, whose token needs ``users.read``: else this is left out."""

    def __init__(
        self,
        pagerduty: PagerDutyClient,
        app_tokens: AppTokens,
        accounts: Mapping[str, PagerDutyAccount],
        signals: WorkflowSignals,
        settings: Settings,
        pool: Pool,
    ) -> None:
        self._client = pagerduty
        self._app_tokens = app_tokens
        self._accounts = accounts
        self._pool = pool
        self._ended = EndedLinks(signals, pool, settings)

    @implements(FIND_USERS)
    async def find_users(self, batch: Batch) -> Progress:
        """Look for the users of the next links; nothing ends yet."""
        account = account_of(self._accounts, batch.account)
        progress = begun(after=batch.after)
        found = await links.after(self._pool, account.key, after=progress.after, most=BATCH)

        async def examine(person: LinkedPerson) -> Step:
            if await self._is_gone(account, person.pagerduty_user):
                return Step(missed=Missed(link=person.link, where=account.key, who=person.pagerduty_user))
            return Step(found_in=account.key)

        return await each(found, examine, progress, is_last=len(found) < BATCH)

    @implements(END_LINKS_OF_USERS)
    async def end_links(self, request: FindAgain) -> Progress:
        """End the links of users who are still not there, if PagerDuty shows any user of the account."""
        account = account_of(self._accounts, request.account)

        async def is_witnessed(_: str, missed: str) -> bool:
            return await self._shows_another(account, missed)

        async def end(missed: Missed) -> Step:
            if not await self._is_gone(account, missed.who):
                return Step()
            ended = await links.end(self._pool, missed.link, "user_gone")
            if ended is None:
                return Step()
            log.info(
                "a link has ended: PagerDuty does not know its user", link=ended.link, account=account.key
            )
            await tell_now(self._ended, ended)
            return Step(done=1)

        kept, progress = await believed(request, begun(after=0), is_witnessed)
        return await each(kept, end, progress, is_last=True)

    async def _shows_another(self, account: PagerDutyAccount, missed: str) -> bool:
        token = await self._app_tokens.get(account.key, USERS)
        users = await self._client.list_user_ids(account, token=token, most=2)
        other = next((user for user in users if user != missed), None)
        return other is not None and not await self._is_gone(account, other)

    async def _is_gone(self, account: PagerDutyAccount, user: str) -> bool:
        """Whether PagerDuty says that it has no such user; any other refusal says nothing about the user."""

        async def read(token: str) -> None:
            await self._client.get_user(account, user, token=token)

        try:
            await self._app_tokens.asked(account.key, USERS, read)
        except NotFound as error:
            if error.code not in _CODES:
                raise ProviderUnavailable("a 404 that is not PagerDuty's own") from error
            return True
        return False
