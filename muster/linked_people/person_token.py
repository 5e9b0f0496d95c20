"""The one place that hands out people's tokens, refreshed when they have to be (docs/decisions/0044)."""

import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from muster.linked_people.ended_links import EndedLinks
from muster.linked_people.link_refresh import LinkEnded, LinkRefresh, opening
from muster.linked_people.own_tasks import OwnTasks
from muster.security.sealing import KeyRing
from muster.store import links
from muster.store.links import EndedLink, LinkedUser
from muster.store.pool import Pool

_REFRESH_AT = 0.8
"""Part of a token's life after which it is refreshed while it is still used."""
_RETRY_AFTER = 30.0
"""Seconds between attempts to refresh a token that is still good."""
_TOLD_WITHIN = timedelta(seconds=4)
"""So long may the process that ended a link take to tell of it: a signal of at most 3 s, and a read."""


class PersonTokens:
    """Hands out the tokens of links, in a worker and in an API.

    A refresh is a task of the process, and one at a time for each link. Whoever waits for it may be
    cancelled: it goes on, since the refresh token that it sent is dead.
    """

    def __init__(self, refresh: LinkRefresh, ended: EndedLinks, pool: Pool, keys: KeyRing) -> None:
        self._refresh = refresh
        self._ended = ended
        self._pool = pool
        self._keys = keys
        self._refreshes = OwnTasks[LinkedUser | None]("refresh of a link", expected=(LinkEnded,))
        self._tellings = OwnTasks[None]("telling of the end of a link")
        self._not_before: dict[int, float] = {}
        """By link: when a refresh may be begun beside the use of its token again."""

    async def user(self, link: int, *, account: str) -> LinkedUser | None:
        """Who the link is, with a token that can be used now; ``None``: its person has removed it.

        Raises ``LinkEnded``, a ``Temporary`` where PagerDuty or the database cannot be asked for a refresh,
        and another ``OutsideError`` where PagerDuty refuses the app, which is no word on the person.
        """
        user = await self._read(link, account)
        if user is None:
            await self._require_removed(link)
            return None
        if user.issued_at is None or user.expires_at is None:
            return user
        now = datetime.now(UTC)
        if now >= user.expires_at:
            return await self._refreshed(link, account, user.access_token)
        if now >= user.issued_at + _REFRESH_AT * (user.expires_at - user.issued_at):
            self._refresh_beside(link, account, user.access_token)
        return user

    async def renewed(self, link: int, *, account: str, rejected: str) -> LinkedUser | None:
        """The same with another token than ``rejected``, which PagerDuty did not accept.

        A link that nobody can refresh keeps it. Raises what ``user`` raises.
        """
        return await self._refreshed(link, account, rejected)

    def stop(self, *, within: timedelta) -> None:
        """The process begins to stop: what began has so long to end."""
        self._refreshes.stop(within=within)
        self._tellings.stop(within=within)

    async def finish(self) -> None:
        """Let every refresh end and be told of, once nobody asks for a token any more."""
        await self._refreshes.finish()
        await self._tellings.finish()

    async def _read(self, link: int, account: str) -> LinkedUser | None:
        with opening(link):
            return await links.linked_user(self._pool, self._keys, link, account=account)

    async def _refreshed(self, link: int, account: str, seen: str) -> LinkedUser | None:
        key = (link, account, seen)
        user = await self._refreshes.result(key, self._refreshing(link, account, seen))
        if user is None:
            await self._require_removed(link)
        return user

    def _refresh_beside(self, link: int, account: str, seen: str) -> None:
        now = time.monotonic()
        if now >= self._not_before.get(link, now):
            self._not_before[link] = now + _RETRY_AFTER
            self._refreshes.begin((link, account, seen), self._refreshing(link, account, seen))

    def _refreshing(
        self, link: int, account: str, seen: str
    ) -> Callable[[], Coroutine[Any, Any, LinkedUser | None]]:
        async def refreshing() -> LinkedUser | None:
            try:
                return await self._refresh.instead_of(seen, link, account=account)
            except LinkEnded as error:
                if error.ended is not None:
                    self._tell(error.ended)
                raise

        return refreshing

    async def _require_removed(self, link: int) -> None:
        """Return where the person removed a link that is gone; raises ``LinkEnded`` where it ended.

        Whoever ended it may have been killed before its person was told: then they are told now.
        """
        if not await links.has_ended(self._pool, link):
            return
        if (untold := await links.left_untold(self._pool, link, since=_TOLD_WITHIN)) is not None:
            self._tell(untold)
        raise LinkEnded

    def _tell(self, ended: EndedLink) -> None:
        """Beside: whoever waits for the token does not wait for Temporal. Upkeep tells what fails."""
        self._tellings.begin(ended.link, partial(self._ended.tell, ended))
