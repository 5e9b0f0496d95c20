"""One refresh of one link, under the lock of its row: no two processes send the same refresh token."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import structlog

from activities.pagerduty.access import account_of
from muster.clients.pagerduty.refresh import GrantRefused, RefreshClient
from muster.config_file import PagerDutyAccount
from muster.person_tokens import Tokens
from muster.security.sealing import KeyRing, SealBroken
from muster.store import links
from muster.store.links import EndedLink, LinkedUser
from muster.store.pool import UNAVAILABLE, Pool, transaction
from workflows.errors import ProviderUnavailable

_KEEP_EVERY, _KEEP_TRIES = 1.0, 12
"""Seconds between tries to write what the database did not take, and how many: less than a worker's grace."""

log = structlog.stdlib.get_logger(__name__)


class LinkEnded(Exception):
    """The link is over although its person wanted it: only linking anew helps.

    ``ended`` is what is to be told of, where it ended right now.
    """

    def __init__(self, ended: EndedLink | None = None) -> None:
        super().__init__("the link has ended")
        self.ended = ended


@contextmanager
def opening(link: int) -> Iterator[None]:
    """The sealed columns of a link are opened; raises ``ProviderUnavailable`` where they cannot be."""
    try:
        yield
    except SealBroken as error:
        log.error("a link cannot be opened", link=link, reason=str(error))
        raise ProviderUnavailable("the link cannot be opened: MUSTER_KEYS lacks its key") from error


class LinkRefresh:
    """Refreshes links.

    ``refresh_pool`` is used by nothing else. A connection is held while PagerDuty answers, and a click that
    waits for it holds one of another pool.
    """

    def __init__(
        self,
        client: RefreshClient,
        refresh_pool: Pool,
        accounts: Mapping[str, PagerDutyAccount],
        keys: KeyRing,
    ) -> None:
        self._client = client
        self._pool = refresh_pool
        self._accounts = accounts
        self._keys = keys

    async def instead_of(self, seen: str, link: int, *, account: str) -> LinkedUser | None:
        """The link's user with another access token than ``seen``; the same where nobody can refresh it.

        ``None``: the link is gone. Raises ``LinkEnded`` where PagerDuty refuses to refresh it, and what
        ``RefreshClient`` raises: then the link is as it was. PagerDuty is asked once, and not at all where
        another process has refreshed the link while this one waited for its lock.
        """
        given: Tokens | None = None
        ended: EndedLink | None = None
        try:
            async with transaction(self._pool) as connection:
                with opening(link):
                    locked = await links.lock(connection, self._keys, link)
                if locked is None or locked.whose[2] != account:
                    return None
                user = locked.user
                if user.access_token != seen or locked.refresh_token is None:
                    return user
                try:
                    given = await self._client.refresh(
                        account_of(self._accounts, account), locked.refresh_token, scopes=locked.scopes
                    )
                except GrantRefused:
                    ended = await links.end(connection, link, "refused")
                else:
                    await links.keep_tokens(connection, self._keys, locked, given)
        except UNAVAILABLE as error:
            if given is None:
                raise ProviderUnavailable("the link could not be locked for a refresh in time") from error
            await self._keep(given, seen, link)
        if given is None:
            log.warning("PagerDuty does not refresh a link any more: it ends", link=link, account=account)
            raise LinkEnded(ended)
        log.info("a link was refreshed", link=link, account=account)
        return _with(user, given)

    async def _keep(self, given: Tokens, seen: str, link: int) -> None:
        """Write what the database did not take: PagerDuty has given it, and the old pair is dead there."""
        log.warning("refreshed tokens could not be written yet", link=link)
        for _ in range(_KEEP_TRIES):
            await asyncio.sleep(_KEEP_EVERY)
            try:
                async with transaction(self._pool) as connection:
                    locked = await links.lock(connection, self._keys, link)
                    if locked is not None and locked.user.access_token == seen:
                        await links.keep_tokens(connection, self._keys, locked, given)
            except UNAVAILABLE:
                continue
            return
        log.error("refreshed tokens were never written: the link ends at its next refresh", link=link)
        raise ProviderUnavailable("the database did not take the refreshed tokens")


def _with(user: LinkedUser, tokens: Tokens) -> LinkedUser:
    return replace(
        user,
        access_token=tokens.access_token,
        issued_at=tokens.issued_at,
        expires_at=tokens.expires_at,
    )
