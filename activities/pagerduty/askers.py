"""PagerDuty asked as those who pressed for an incident's chat or meeting: the first who may.

Where a program asked, it is asked as the account's app too, in the name of the program's user.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, TypeVar

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
from workflows.errors import CredentialRejected, Forbidden, NotFound, OutsideError, RequestInvalid
from workflows.incident_room.messages import RoomKey

ResultT = TypeVar("ResultT")

Turn = Literal["first", "last", "alone"]
"""``alone``: where nobody pressed. What a person may not write is not written in a program's name."""

_OF_THE_APP = (CredentialRejected, Forbidden, RequestInvalid, NotFound)
"""Refusals of the app, or of the user in whose name it writes: nothing was written, and others are asked."""

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
        app: Turn = "last",
        tolerates: tuple[type[OutsideError], ...] = (Forbidden,),
    ) -> ResultT:
        """What PagerDuty answers the first of them whom it does not refuse; raises the last refusal.

        ``first``: PagerDuty's id of who pressed for what is written now; then the others, whose links are
        older first. ``app``: when it is asked, where a program has asked for anything in this room.
        ``ask`` looks before it writes, since it may be called more than once.
        """
        people = await self._as_people(ask, room, tenant=tenant, first=first)
        ways_of_app = [] if app == "alone" and people else await self._as_app(ask, room)
        refusal: OutsideError = Forbidden("nobody who pressed can be asked for")
        as_people = [(way, tolerates) for way in people]
        as_app = [(way, _OF_THE_APP) for way in ways_of_app]
        for asked, tolerated in (*as_app, *as_people) if app == "first" else (*as_people, *as_app):
            try:
                return await asked()
            except NoIdentity as nobody:
                log.warning("PagerDuty is not asked as somebody", reason=nobody.reason)
            except tolerated as error:
                log.warning("PagerDuty refuses somebody", reason=str(error))
                refusal = error
        raise refusal

    async def _as_people(
        self, ask: Callable[[Writer], Awaitable[ResultT]], room: RoomKey, *, tenant: str, first: str
    ) -> list[Callable[[], Awaitable[ResultT]]]:
        """Ways to ask: each of those who pressed."""

        async def ask_as(user: LinkedUser) -> ResultT:
            return await ask(Writer(user.access_token, user.email))

        links = await room_members.links_of_askers(self._pool, room, tenant=tenant, first=first)
        return [
            partial(asked_as, self._person_tokens, ask_as, link=link, account=room.account) for link in links
        ]

    async def _as_app(
        self, ask: Callable[[Writer], Awaitable[ResultT]], room: RoomKey
    ) -> list[Callable[[], Awaitable[ResultT]]]:
        """Ways to ask: the app, where a program asked whose user has an address."""
        program = await rooms.program_of(self._pool, room)
        if program is None or not program.email:
            return []

        async def ask_by(token: str) -> ResultT:
            return await ask(Writer(token, program.email))

        async def ask_as_app() -> ResultT:
            return await self._app_tokens.asked(room.account, WRITES, ask_by)

        return [ask_as_app]


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
