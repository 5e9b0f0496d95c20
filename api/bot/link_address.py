"""The address of somebody's own link, for an answer that they alone see."""

import asyncio

from api.bot.linking import Asked, Linking
from muster.security.signed_links import SignedLinks, link_url
from muster.store import link_offers
from muster.store.pool import Pool
from workflows.person import Person

_ASKED_BEFORE = 0.3
"""Seconds that are kept for the row of the offer, which the workflow has made once it has answered."""
_TRY_EVERY = 0.1
"""Seconds. Another process writes the row, and nothing tells an API of it."""


class LinkAddresses:
    """Gives people the addresses of their links; ``AccountLink`` offers them, and its rows decide."""

    def __init__(self, pool: Pool, linking: Linking, links: SignedLinks, public_url: str) -> None:
        self._pool = pool
        self._linking = linking
        self._links = links
        self._public_url = public_url

    async def of(self, asked: Asked, *, answer_by: float) -> tuple[str | None, str]:
        """The address of the open offer, and what the person is told where there is none in time.

        One is asked for where none is open. ``answer_by`` is by the clock of the event loop. Raises
        ``TemporalUnavailable`` or ``Rejected``.
        """
        if (address := await self._open(asked.tenant, asked.person, asked.account)) is not None:
            return address, ""
        told = await self._linking.ask(asked, answer_by=answer_by - _ASKED_BEFORE)
        loop = asyncio.get_running_loop()
        while (address := await self._open(asked.tenant, asked.person, asked.account)) is None:
            if loop.time() + _TRY_EVERY > answer_by:
                break
            await asyncio.sleep(_TRY_EVERY)
        return address, told

    async def _open(self, tenant: str, person: Person, account: str) -> str | None:
        offer = await link_offers.newest_personal(
            self._pool, tenant=tenant, person=person.aad_object_id, account=account
        )
        if offer is None or offer.state != "open":
            return None
        return link_url(self._public_url, self._links.token(offer.id))
