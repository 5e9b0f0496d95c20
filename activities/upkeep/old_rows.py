"""Rows that nobody needs any more are forgotten."""

from datetime import timedelta

from activities.registration import implements
from muster.store import commands, link_offers, links, operations, room_members, wrong_keys
from muster.store.pool import Pool
from workflows.upkeep.activities import DELETE_OLD_ROWS, OfAccount, Progress

DAY = timedelta(days=1)
"""What the directory said of people counts so long, and so long somebody may work on an operation."""
WEEK = timedelta(days=7)
"""Offers, commands and wrong KEYs stay so long: Teams and people come back to them within hours."""
MONTH = timedelta(days=30)
"""Ended links of which people were told, and operations, stay so long, for whoever asks why."""


class OldRowActivities:
    """Forgets rows by their age."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @implements(DELETE_OLD_ROWS)
    async def delete_old_rows(self, _: OfAccount) -> Progress:
        """Forget what nobody needs any more. The rows are no account's: each account's run does it."""
        await operations.give_up(self._pool, age=DAY)
        deleted = [
            await link_offers.delete_old(self._pool, age=WEEK),
            await commands.delete_old(self._pool, age=WEEK),
            await wrong_keys.delete_old(self._pool, age=WEEK),
            await links.delete_told(self._pool, age=MONTH),
            await operations.delete_old(self._pool, age=MONTH),
            await room_members.delete_old_directory(self._pool, age=DAY),
        ]
        return Progress(after=0, done=sum(deleted), is_last=True)
