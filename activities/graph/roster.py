"""Who is in a chat, as Microsoft has it: read back, added and taken out one by one."""

import asyncio
from collections.abc import Sequence

from muster.clients.graph.chats import AT_ONCE, FOR_A_PERSON, ChatsClient, Invited, Membership
from muster.linked_people.together import all_of
from muster.store import room_members, rooms
from muster.store.pool import Pool
from workflows.errors import Forbidden, NotFound, OutsideError
from workflows.incident_room.activities import OfChat

MOST_IN_CHAT = 250
"""People in a group chat (Microsoft: *Limits and specifications for Microsoft Teams*)."""


class Roster:
    """The members of chats, for one call of an activity: four calls of it are under way at once.

    The rows of those whom Muster knows follow each read back.
    """

    def __init__(self, chats: ChatsClient, pool: Pool) -> None:
        self._chats = chats
        self._pool = pool
        self._few = asyncio.Semaphore(AT_ONCE)

    async def there(self, request: OfChat) -> set[str]:
        """A read back: everybody in the chat, by AAD object id."""
        there = {one.aad_object_id for one in await self.members(request)}
        await room_members.note_members(self._pool, request.room, there)
        return there

    async def members(self, request: OfChat) -> tuple[Membership, ...]:
        """Everybody in the chat; where that is gone, the row says so."""
        try:
            return await self._chats.members(request.tenant, request.chat)
        except NotFound:
            await rooms.note_gone(self._pool, request.room, chat=request.chat)
            raise

    async def add_all(self, request: OfChat, people: Sequence[Invited]) -> dict[str, OutsideError]:
        """Add them; why Microsoft refuses somebody, by AAD object id.

        A 403 of all, where there are several, is no matter of single people, and is raised.
        """
        answers = await all_of(*(self._add(request, one) for one in people))
        refused = {
            one.aad_object_id: refusal
            for one, answer in zip(people, answers, strict=True)
            for refusal in answer
        }
        forbidden = [one for one in refused.values() if isinstance(one, Forbidden)]
        if len(forbidden) == len(people) > 1:
            raise forbidden[0]
        return refused

    async def _add(self, request: OfChat, person: Invited) -> tuple[OutsideError, ...]:
        """Add one; why Microsoft refuses them, where it does."""
        try:
            async with self._few:
                await self._chats.add(request.tenant, request.chat, person)
        except FOR_A_PERSON as refusal:
            return (refusal,)
        return ()

    async def remove(self, request: OfChat, membership: str) -> None:
        """Take one out."""
        async with self._few:
            await self._chats.remove(request.tenant, request.chat, membership)
