"""The one webhook subscription of an account (docs/decisions/0049)."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from activities.heartbeats import heartbeats
from activities.pagerduty.subscription_round import Round
from activities.registration import implements
from muster.clients.pagerduty.access import account_of
from muster.clients.pagerduty.subscriptions import SubscriptionClient
from muster.clients.pagerduty.tokens import AppTokens
from muster.config_file import PagerDutyAccount
from muster.security.sealing import KeyRing
from muster.settings import Settings
from muster.store import subscriptions
from muster.store.pool import UNAVAILABLE, Pool, transaction
from workflows.errors import ProviderUnavailable
from workflows.subscription.activities import (
    CONVERGE_SUBSCRIPTION,
    INSPECT_SUBSCRIPTION,
    Converged,
    Inspected,
    OfAccount,
)

_LOCKED_WITHIN = 5.0
"""Seconds to wait for a connection and for whoever is at the same account."""


class SubscriptionActivities:
    """Subscribes to an account's events, once, while a service is connected or an incident followed.

    ``subscription_pool`` is used by nothing else: a connection holds the account's lock while PagerDuty
    answers. What is committed meanwhile goes through ``pool``.
    """

    def __init__(
        self,
        subscriptions: SubscriptionClient,
        app_tokens: AppTokens,
        accounts: Mapping[str, PagerDutyAccount],
        keys: KeyRing,
        settings: Settings,
        pool: Pool,
        subscription_pool: Pool,
    ) -> None:
        self._client = subscriptions
        self._app_tokens = app_tokens
        self._accounts = accounts
        self._keys = keys
        self._settings = settings
        self._pool = pool
        self._locks = subscription_pool

    @implements(CONVERGE_SUBSCRIPTION)
    async def converge_subscription(self, request: OfAccount) -> Converged:
        """Make, keep or delete the subscription, as what is connected and followed says at this moment.

        Whatever an earlier call left half done is found. Raises ``Forbidden`` where the app lacks a scope,
        ``RequestInvalid`` 2019 where the account has ten, and a ``Temporary``: then call it again.
        """
        account = account_of(self._accounts, request.account)
        async with heartbeats(), self._locked(account.key):
            return await self._round(account).converge()

    @implements(INSPECT_SUBSCRIPTION)
    async def inspect_subscription(self, request: OfAccount) -> Inspected:
        """The same, after what others did to it in PagerDuty was found out and mended.

        Raises what ``converge_subscription`` raises; what was found until then is in the log.
        """
        account = account_of(self._accounts, request.account)
        async with heartbeats(), self._locked(account.key):
            steps = self._round(account)
            found = await steps.mend()
            return Inspected(found=found, converged=await steps.converge())

    def _round(self, account: PagerDutyAccount) -> Round:
        return Round(
            self._client, self._app_tokens, self._pool, self._keys, account, self._settings.public_url
        )

    @asynccontextmanager
    async def _locked(self, account: str) -> AsyncIterator[None]:
        """The account's lock; whoever dies with it lets it go, and whoever loses it may not know."""
        try:
            async with asyncio.timeout(_LOCKED_WITHIN) as waiting, transaction(self._locks) as connection:
                await subscriptions.lock_account(connection, account)
                waiting.reschedule(None)
                yield
        except UNAVAILABLE as error:
            raise ProviderUnavailable(
                "the database, or another change of the subscription, takes long"
            ) from error
