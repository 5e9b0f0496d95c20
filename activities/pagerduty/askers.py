"""PagerDuty asked as those who pressed for an incident's chat or meeting: the first who may.

Where a program asked, and none of the people can be asked for, it is asked as the account's app, in the name
of the program's user.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

import structlog

from muster.clients.pagerduty.app_scopes import WRITES
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.clients.pagerduty.tokens import AppTokens
from muster.config_file import PagerDutyAccount
from muster.linked_people.identity import NoIdentity, asked_as
from muster.linked_people.person_token import PersonTokens
from muster.payloads.values import mappings
from muster.store import room_members, rooms
from muster.store.links import LinkedUser
from muster.store.pool import Pool
from workflows.errors import Forbidden, OutsideError
from workflows.incident_room.messages import RoomKey

ResultT = TypeVar("ResultT")

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True)
class Writer:
    """As whom PagerDuty is asked."""

    token: str = field(repr=False)
    email: str
    """For the header ``From``, by which PagerDuty knows whose write an app's is."""


class Askers:
    """Those who pressed for rooms."""

    def __init__(self, person_tokens: PersonTokens, app_tokens: AppTokens, pool: Pool) -> None:
        self._person_tokens = person_tokens
        self._app_tokens = app_tokens
        self._pool = pool

    async def asked(
        self,
        ask: Callable[[Writer], Awaitable[ResultT]],
        *,
        room: RoomKey,
        tenant: str,
        first: str = "",
        tolerates: tuple[type[OutsideError], ...] = (Forbidden,),
    ) -> ResultT:
        """What PagerDuty answers the first of them whom it does not refuse; raises the last refusal.

        ``first``: PagerDuty's id of who pressed for what is written now; then the others, whose links are
        older first. ``ask`` looks before it writes, since it may be called more than once.
        """
        refusal: OutsideError = Forbidden("nobody who pressed can be asked for")

        async def ask_as(user: LinkedUser) -> ResultT:
            return await ask(Writer(user.access_token, user.email))

        for link in await room_members.links_of_askers(self._pool, room, tenant=tenant, first=first):
            try:
                return await asked_as(self._person_tokens, ask_as, link=link, account=room.account)
            except NoIdentity as nobody:
                log.warning("PagerDuty is not asked as somebody", reason=nobody.reason)
            except tolerates as error:
                log.warning("PagerDuty refuses somebody", reason=str(error))
                refusal = error
        program = await rooms.program_of(self._pool, room)
        if program is None or not program.email:
            raise refusal
        return await self._asked_as_app(ask, room.account, program.email)

    async def _asked_as_app(
        self, ask: Callable[[Writer], Awaitable[ResultT]], account: str, email: str
    ) -> ResultT:
        async def ask_by(token: str) -> ResultT:
            return await ask(Writer(token, email))

        return await self._app_tokens.asked(account, WRITES, ask_by)


async def write_link_note(
    client: PagerDutyClient,
    account: PagerDutyAccount,
    room: RoomKey,
    text: str,
    address: str,
    *,
    writer: Writer,
) -> None:
    """Write it, unless a note of the incident has the address."""
    notes = await client.list_notes(account, room.incident_id, token=writer.token)
    if any(address in str(note.get("content")) for note in mappings(notes)):
        return
    await client.add_note(account, room.incident_id, text, token=writer.token, from_email=writer.email)
