"""One round over an account's webhook subscription, made by the holder of the account's lock.

The lock spares work; what is right does not hang on it, since its holder may lose it without knowing. A new
holder gives up the intents of those before: the secret of a given-up intent is never stored, and a
subscription is deleted only if no row and no intent that goes on is behind it.
"""

from contextlib import suppress

import structlog

from activities.pagerduty.subscription_inspection import mend
from activities.pagerduty.subscription_marks import new_marks, own_marker
from muster.clients.pagerduty.app_scopes import SUBSCRIPTION
from muster.clients.pagerduty.subscriptions import Listed, SubscriptionClient
from muster.clients.pagerduty.tokens import AppTokens
from muster.config_file import PagerDutyAccount
from muster.public_addresses import webhook_path
from muster.security.sealing import KeyRing
from muster.store import subscriptions
from muster.store.pool import Pool
from muster.store.subscriptions import Stored
from workflows.errors import Forbidden, OutcomeUnknown, OutsideError, ProviderUnavailable
from workflows.incident.event_types import SUBSCRIBED
from workflows.subscription.activities import Converged, Finding

_ASKED_AGAIN_AFTER = 60.0
"""Seconds between two calls that look for the first event at a new address."""

_PINGS_WITHIN = 5.0

log = structlog.stdlib.get_logger(__name__)


class Round:
    """Used once. ``pool`` commits each step by itself."""

    def __init__(
        self,
        client: SubscriptionClient,
        app_tokens: AppTokens,
        pool: Pool,
        keys: KeyRing,
        account: PagerDutyAccount,
        public_url: str,
    ) -> None:
        self._client = client
        self._app_tokens = app_tokens
        self._pool = pool
        self._keys = keys
        self._account = account
        self._url = public_url.rstrip("/") + webhook_path(account.key)
        self._late: float | None = None
        """Seconds until a creation that nobody answered cannot come to be any more."""
        self._pings = False
        """Whether this round asks for a first event, where one is waited for."""
        self._inspects = False
        """Whether it looks for strays that nothing in the database tells of."""

    async def mend(self) -> tuple[Finding, ...]:
        """Undo what somebody, or PagerDuty, did to a subscription that is needed; what is gone is noted."""
        self._inspects = True
        if not await subscriptions.is_needed(self._pool, self._account.key):
            return ()
        self._pings = True
        return await mend(
            self._client,
            self._app_tokens,
            self._pool,
            self._account,
            await self._live(),
            url=self._url,
        )

    async def converge(self) -> Converged:
        """Bring the account's subscription in step with its connections."""
        await subscriptions.forget_deleted(self._pool, self._account.key)
        await subscriptions.give_up_intents(self._pool, self._account.key)
        await subscriptions.end_unneeded(self._pool, self._account.key)
        if await subscriptions.is_needed(self._pool, self._account.key):
            await self._subscribe()
            return self._converged(waits_for_event=await self._retire_moved())
        await self._clean()
        return Converged(
            state="unsubscribed",
            again_in=self._late,
            waits_for=None if self._late is None else "late_creation",
        )

    def _converged(self, *, waits_for_event: bool) -> Converged:
        if self._late is not None:
            return Converged(state="subscribed", again_in=self._late, waits_for="late_creation")
        if waits_for_event:
            return Converged(state="subscribed", again_in=_ASKED_AGAIN_AFTER, waits_for="first_event")
        return Converged(state="subscribed")

    async def _subscribe(self) -> None:
        live = await self._live()
        if any(one.url is None for one in live):
            await self._adopt(live)
            live = await self._live()
        if any(one.url == self._url for one in live):
            await self._clean()
        else:
            await self._create()

    async def _live(self) -> list[Stored]:
        """The subscriptions that go on; raises where a secret is there and cannot be opened."""
        found = await subscriptions.stored(self._pool, self._keys, self._account.key)
        live = [one for one in found if not one.has_ended]
        if not all(one.is_readable for one in live):
            raise ProviderUnavailable("a signing secret cannot be opened: MUSTER_KEYS lacks its key")
        return live

    async def _adopt(self, live: list[Stored]) -> None:
        """Learn from PagerDuty where seeded subscriptions send, and which are not there any more.

        One that sends to our address is as good as one that was made here; another one of them is not needed.
        """
        urls = {listed.id: listed.url for listed in await self._list()}
        taken = {one.url for one in live}
        for one in live:
            if one.url is not None:
                continue
            if one.id not in urls:
                await subscriptions.note_deleted(self._pool, self._account.key, one.id)
            elif urls[one.id] in taken:
                await subscriptions.end(self._pool, self._account.key, one.id)
            else:
                await subscriptions.note_url(self._pool, self._account.key, one.id, urls[one.id])
                taken.add(urls[one.id])

    async def _create(self) -> None:
        await self._token()  # a scope that lacks is told before an intent is committed
        marks = new_marks(await subscriptions.installation(self._pool))
        await subscriptions.begin(
            self._pool,
            account=self._account.key,
            installation=marks.installation,
            marker=marks.marker,
            url=self._url,
        )
        try:
            await self._sweep(marks.marker)
            created = await self._client.create(
                self._account,
                token=await self._token(),
                url=self._url,
                description=marks.description,
                events=SUBSCRIBED,
            )
        except OutcomeUnknown as error:
            await subscriptions.give_up(self._pool, marks.marker)
            raise ProviderUnavailable(
                "PagerDuty's answer to the creation of the subscription was lost"
            ) from error
        except OutsideError:
            await subscriptions.end_intent(self._pool, marks.marker)
            raise
        if not await subscriptions.store(
            self._pool, self._keys, marker=marks.marker, id=created.id, secret=created.secret
        ):
            await self._delete(created.id)
            await subscriptions.end_intent(self._pool, marks.marker)
            raise _overtaken()
        self._pings = True
        log.info("subscribed to an account's events", account=self._account.key, subscription=created.id)

    async def _clean(self) -> None:
        """Sweep where something may be there that is not to be; an inspection does so in any case.

        A creation can come to be after its intent was over. An account of which nothing is followed may lack
        the scopes to look.
        """
        found = await subscriptions.stored(self._pool, self._keys, self._account.key)
        intents = await subscriptions.intents(self._pool, self._account.key)
        if intents or (found and (self._inspects or any(one.has_ended for one in found))):
            await self._sweep()
        elif self._inspects:
            with suppress(Forbidden):
                await self._sweep()

    async def _sweep(self, own: str | None = None) -> None:
        """Delete what has ended, and those of ours whose secret nobody knows, nor will.

        The list is read before the intents, and these before the rows: what another holder makes meanwhile
        has one or the other. ``own`` is this round's intent.
        """
        installation = await subscriptions.installation(self._pool)
        listed = await self._list()
        intents = {one.marker: one for one in await subscriptions.intents(self._pool, self._account.key)}
        found = await subscriptions.stored(self._pool, self._keys, self._account.key)
        going_on = {one.marker for one in intents.values() if not one.is_given_up}
        if going_on != (set() if own is None else {own}):
            raise _overtaken()
        for one in found:
            if one.has_ended:
                await self._delete(one.id)
                await subscriptions.note_deleted(self._pool, self._account.key, one.id)
        urls = {self._url, *(one.url for one in intents.values())}
        known = {one.id for one in found}
        for stranger in (one for one in listed if one.id not in known):
            marker = own_marker(stranger, installation, urls)
            if marker is not None:
                await self._delete(stranger.id)
                await subscriptions.end_intent(self._pool, marker)
                intents.pop(marker, None)
        late = [intent for intent in intents.values() if intent.marker != own]
        for intent in late:
            if intent.over_in <= 0:
                await subscriptions.end_intent(self._pool, intent.marker)
        self._late = max((intent.over_in for intent in late if intent.over_in > 0), default=None)

    async def _retire_moved(self) -> bool:
        """Delete those at earlier addresses once ours has brought an event; true: it has not yet."""
        live = await self._live()
        moved = [one for one in live if one.url != self._url]
        if not moved:
            return False
        here = [one for one in live if one.url == self._url]
        if not any(one.is_verified for one in here):
            for one in here:
                await self._ping(one.id)
            return True
        for one in moved:
            await subscriptions.end(self._pool, self._account.key, one.id)
        await self._sweep()
        return False

    async def _ping(self, id: str) -> None:
        """Ask for an event now; where that fails, the next incident brings the first one.

        Once for a new subscription and once for an inspection: an address that refuses events is not to have
        PagerDuty disable it.
        """
        if not self._pings:
            return
        self._pings = False
        try:
            await self._client.ping(self._account, id, token=await self._token(), within=_PINGS_WITHIN)
        except OutsideError as error:
            log.warning(
                "PagerDuty sends no test event", account=self._account.key, subscription=id, reason=str(error)
            )

    async def _list(self) -> tuple[Listed, ...]:
        async def list_all(token: str) -> tuple[Listed, ...]:
            return await self._client.list_all(self._account, token=token)

        return await self._app_tokens.asked(self._account.key, SUBSCRIPTION, list_all)

    async def _delete(self, id: str) -> None:
        await self._client.delete(self._account, id, token=await self._token())
        log.info("deleted a webhook subscription", account=self._account.key, subscription=id)

    async def _token(self) -> str:
        return await self._app_tokens.get(self._account.key, SUBSCRIPTION)


def _overtaken() -> ProviderUnavailable:
    """The error of a round whose lock another process holds by now."""
    return ProviderUnavailable("another process has taken over the account's subscription")
