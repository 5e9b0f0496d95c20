"""PagerDuty asked as those who asked for an incident's chat or meeting: the first who may."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from muster.clients.pagerduty.rest import PagerDutyClient
from muster.config_file import PagerDutyAccount
from muster.linked_people.identity import NoIdentity, asked_as
from muster.linked_people.person_token import PersonTokens
from muster.payloads.values import mappings
from muster.store import room_members
from muster.store.links import LinkedUser
from muster.store.pool import Pool
from workflows.errors import Forbidden, OutsideError
from workflows.incident_room.messages import RoomKey

ResultT = TypeVar("ResultT")

log = structlog.stdlib.get_logger(__name__)


async def as_askers(
    ask: Callable[[LinkedUser], Awaitable[ResultT]],
    *,
    room: RoomKey,
    tenant: str,
    tokens: PersonTokens,
    pool: Pool,
    tolerates: tuple[type[OutsideError], ...] = (Forbidden,),
) -> ResultT:
    """What PagerDuty answers the first of them whom it does not refuse; raises the last refusal.

    ``ask`` looks before it writes, since it may be called more than once.
    """
    refusal: OutsideError = Forbidden("nobody who asked can be asked for")
    for link in await room_members.links_of_askers(pool, room, tenant=tenant):
        try:
            return await asked_as(tokens, ask, link=link, account=room.account)
        except NoIdentity as nobody:
            log.warning("PagerDuty is not asked as somebody", reason=nobody.reason)
        except tolerates as error:
            log.warning("PagerDuty refuses somebody", reason=str(error))
            refusal = error
    raise refusal


async def write_link_note(
    client: PagerDutyClient,
    account: PagerDutyAccount,
    room: RoomKey,
    text: str,
    address: str,
    *,
    user: LinkedUser,
) -> None:
    """Write it, unless a note of the incident has the address."""
    notes = await client.list_notes(account, room.incident_id, token=user.access_token)
    if any(address in str(note.get("content")) for note in mappings(notes)):
        return
    await client.add_note(account, room.incident_id, text, token=user.access_token, from_email=user.email)
