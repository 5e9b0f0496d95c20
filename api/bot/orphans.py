"""Orphans, messages that a lost answer left behind: deleted once somebody presses one."""

import asyncio

import structlog

from activities.clients.connector import ConnectorClient
from muster.store.targets import Target
from workflows.errors import OutsideError

_FINISH_WITHIN = 3.0
"""Seconds for what runs when the API stops; an orphan that stays is deleted at its next press."""

log = structlog.stdlib.get_logger(__name__)


class Orphans:
    """Deletes orphans in the background: nobody who pressed one waits for the connector."""

    def __init__(self, connector: ConnectorClient) -> None:
        self._connector = connector
        self._deletions: set[asyncio.Task[None]] = set()

    def delete_later(self, target: Target, message: str) -> None:
        """Begin to delete ``message``, which is not the card of ``target``; a failure is logged."""
        deletion = asyncio.create_task(self._delete(target, message))
        self._deletions.add(deletion)
        deletion.add_done_callback(self._deletions.discard)

    async def finish(self) -> None:
        """Wait a moment for the deletions that run, then cancel them."""
        if not self._deletions:
            return
        _, unfinished = await asyncio.wait(self._deletions, timeout=_FINISH_WITHIN)
        for deletion in unfinished:
            deletion.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)

    async def _delete(self, target: Target, message: str) -> None:
        place = target.conversation
        try:
            await self._connector.delete(place.service_url, place.tenant, place.id, message)
        except OutsideError as error:
            log.warning("an orphan could not be deleted", reason=type(error).__name__)
        except Exception:
            log.exception("deleting an orphan failed", incident=target.incident_id)
        else:
            log.info("an orphan was pressed and deleted", incident=target.incident_id)
