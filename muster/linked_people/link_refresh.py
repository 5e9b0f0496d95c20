"""One refresh of one link, under the lock of its row: no two processes send the same refresh token."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace

import structlog

from muster.clients.pagerduty.access import account_of
from muster.clients.pagerduty.refresh import GrantRefused, RefreshClient
from muster.config_file import PagerDutyAccount
from muster.person_tokens import Tokens
from muster.security.sealing import KeyRing, SealBroken
from muster.store import links
from muster.store.links import EndedLink, LinkedUser, LockedLink
from muster.store.pool import UNAVAILABLE, Connection, Pool, transaction
from workflows.errors import ProviderUnavailable

_LOCKED_WITHIN = 5.0
"""Seconds to wait for a connection and the row."""
_ANSWERED_BY, _WRITTEN_BY = 15.0, 19.0
"""Seconds from the beginning of a refresh. A slow answer is waited for longer than anybody waits for the
token, since hanging up may cost the link; both are less than the grace of a process that stops."""
_KEEP_EVERY = 1.0
"""Seconds between tries to write what the database did not take."""
_REFUSED_FOR = 3.0
"""Seconds after which a refusal counts where another refresh was begun and nothing was written: more than its
process needs to write, by a new connection, the pair for which PagerDuty refuses this one."""

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
        began = asyncio.get_running_loop().time()
        given: Tokens | None = None
        is_alone = True
        try:
            async with asyncio.timeout(_LOCKED_WITHIN):
                await links.begin_refresh(self._pool, link)
            async with self._locked(link) as (connection, locked):
                if locked is None or locked.whose[2] != account:
                    return None
                user = locked.user
                if user.access_token != seen or locked.refresh_token is None:
                    return user
                is_alone = locked.refreshes_begun == 1
                given = await self._client.refresh(
                    account_of(self._accounts, account),
                    locked.refresh_token,
                    scopes=locked.scopes,
                    within=began + _ANSWERED_BY - asyncio.get_running_loop().time(),
                )
                await links.keep_tokens(connection, self._keys, locked, given)
        except GrantRefused:
            return await self._refused(seen, link, account, is_alone=is_alone)
        except UNAVAILABLE as error:
            if given is None:
                raise ProviderUnavailable("the link could not be locked for a refresh in time") from error
            await self._keep(given, seen, link, until=began + _WRITTEN_BY)
        log.info("a link was refreshed", link=link, account=account)
        return _with(user, given)

    async def _keep(self, given: Tokens, seen: str, link: int, *, until: float) -> None:
        """Write what the database did not take: PagerDuty has given it, and the old pair is dead there."""
        log.warning("refreshed tokens could not be written yet", link=link)
        try:
            async with asyncio.timeout_at(until):
                is_kept = await self._is_kept(given, seen, link)
                while not is_kept:
                    await asyncio.sleep(_KEEP_EVERY)
                    is_kept = await self._is_kept(given, seen, link)
        except TimeoutError as error:
            log.error("refreshed tokens were never written: the link ends at its next refresh", link=link)
            raise ProviderUnavailable("the database did not take the refreshed tokens") from error

    async def _is_kept(self, given: Tokens, seen: str, link: int) -> bool:
        try:
            async with self._locked(link) as (connection, locked):
                if locked is not None and locked.user.access_token == seen:
                    await links.keep_tokens(connection, self._keys, locked, given)
        except UNAVAILABLE:
            return False
        return True

    async def _refused(self, seen: str, link: int, account: str, *, is_alone: bool) -> LinkedUser | None:
        """What became of a link whose refresh token is dead: raises ``LinkEnded`` where it ends now.

        Where another refresh was begun, its process may have PagerDuty's latest pair and could not write it
        yet. It needs the lock, so that the lock is not held meanwhile.
        """
        if not is_alone:
            await asyncio.sleep(_REFUSED_FOR)
        try:
            async with self._locked(link) as (connection, locked):
                if locked is None:
                    return None
                if locked.user.access_token != seen:
                    return locked.user
                ended = await links.end(connection, link, "refused")
        except UNAVAILABLE as error:
            raise ProviderUnavailable("the link could not be locked for its end in time") from error
        log.warning("PagerDuty does not refresh a link any more: it ends", link=link, account=account)
        raise LinkEnded(ended)

    @asynccontextmanager
    async def _locked(self, link: int) -> AsyncIterator[tuple[Connection, LockedLink | None]]:
        """The row, locked until the block ends; raises one of ``UNAVAILABLE`` where it is not had in time."""
        async with asyncio.timeout(_LOCKED_WITHIN) as waiting, transaction(self._pool) as connection:
            with opening(link):
                locked = await links.lock(connection, self._keys, link)
            waiting.reschedule(None)
            yield connection, locked


def _with(user: LinkedUser, tokens: Tokens) -> LinkedUser:
    return replace(
        user,
        access_token=tokens.access_token,
        issued_at=tokens.issued_at,
        expires_at=tokens.expires_at,
    )
