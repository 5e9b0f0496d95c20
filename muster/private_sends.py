"""What one person alone is to read: this module chooses between a targeted message and the private chat.

A targeted message stands in a channel or group chat, and one member sees it, for 24 hours. Whoever pressed or
asked there is told there, and in their private chat with the bot where Teams refuses that
(docs/decisions/0045). The API answers commands by it, and activities send all else: both read and write the
same rows.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import structlog

from muster.clients.teams.connector import ConnectorClient
from muster.clients.teams.refusal import TargetedRefused, row_of
from muster.store import accounts, people
from muster.store.people import PrivatePlace
from muster.store.pool import Pool
from workflows.errors import BotRemoved, CardGone, Forbidden, RefusedForNow, RequestInvalid
from workflows.person import Person

log = structlog.stdlib.get_logger(__name__)


class Room(NamedTuple):
    """A conversation, as an activity that has just come from there tells of it; it may have no row yet."""

    conversation: str
    service_url: str
    is_shared: bool
    """It is known to be a channel or group chat."""


class PrivateMessage(NamedTuple):
    """A message that one person alone reads."""

    conversation: str
    """Their private chat, or the channel or group chat of a targeted message."""
    activity_id: str
    targeted: bool


class PrivateSends:
    """Sends and edits what one person alone is to read."""

    def __init__(self, connector: ConnectorClient, pool: Pool) -> None:
        self._connector = connector
        self._pool = pool

    async def send(
        self, tenant: str, person: Person, activity: Mapping[str, Any], *, asked_in: Room | str | None
    ) -> PrivateMessage:
        """Send ``activity``, without a recipient, to this person.

        ``asked_in``: the conversation in which they pressed or asked; ``None``: the private chat is wanted.
        Raises ``OutsideError``s, or one of ``UNAVAILABLE``. After a lost answer (``OutcomeUnknown``) the
        other way is not tried, since the message may be there: it is said at most once. Whoever may say it
        twice calls again, and the same way is chosen.
        """
        name = asked_in.conversation if isinstance(asked_in, Room) else asked_in
        room = None if name is None else name.partition(";")[0]
        place = await people.private_place(self._pool, tenant, person.aad_object_id, asked_in=room)
        if isinstance(asked_in, Room):
            place = place._replace(service_url=asked_in.service_url, is_shared=asked_in.is_shared)
        service_url = _address(place)
        teams_id = person.teams_id or place.teams_id
        if room is not None and teams_id and not (place.is_private_chat or place.refuses_targeted):
            try:
                activity_id = await self._connector.send_targeted(
                    service_url, tenant, room, teams_id, activity
                )
            except TargetedRefused as refused:
                await self._note(tenant, place, refused)
            else:
                return PrivateMessage(room, activity_id, targeted=True)
        chat = place.conversation or await self._open_chat(service_url, tenant, person, teams_id)
        activity_id = await self._connector.send(service_url, tenant, chat, activity)
        return PrivateMessage(chat, activity_id, targeted=False)

    async def edit(
        self, tenant: str, person: Person, message: PrivateMessage, activity: Mapping[str, Any]
    ) -> None:
        """Replace a message that ``send`` has sent.

        Raises ``OutsideError``s; ``CardGone`` where it has to be sent anew: it was deleted, or it is targeted
        and older than 24 hours, or stands where the bot may not write any more.
        """
        room = message.conversation if message.targeted else None
        place = await people.private_place(self._pool, tenant, person.aad_object_id, asked_in=room)
        where = (_address(place), tenant, message.conversation, message.activity_id)
        if not message.targeted:
            await self._connector.update(*where, activity)
            return
        try:
            await self._connector.update_targeted(*where, activity)
        except (BotRemoved, Forbidden) as closed:
            raise CardGone("the bot may not edit it where it stands", code=closed.code) from closed
        except RefusedForNow as refused:
            if place.refuses_targeted:  # as the tenant did to the last new one: it does not pass
                raise CardGone("the tenant has no targeted messages", code=refused.code) from refused
            raise

    async def _note(self, tenant: str, place: PrivatePlace, refused: TargetedRefused) -> None:
        """Remember what the tenant refuses, and forget what is about this person or this conversation.

        Of a conversation without a row nobody knows whether it is a chat with one person, where Teams
        refuses targeted messages whatever the tenant has.
        """
        about = row_of("post", refused.status, [refused.code] if refused.code else []).about
        of_the_tenant = place.is_shared and about not in ("conversation", "message")
        log.info(
            "a targeted message was refused: the private chat is taken",
            tenant=tenant,
            status=refused.status,
            code=refused.code,
            remembered=of_the_tenant,
        )
        if of_the_tenant:
            await accounts.note_targeted_refused(self._pool, tenant)

    async def _open_chat(self, service_url: str, tenant: str, person: Person, teams_id: str | None) -> str:
        whom = teams_id or person.aad_object_id
        conversation = await self._connector.open_personal(service_url, tenant, whom)
        known = person.model_copy(update={"teams_id": whom})
        await people.keep_private_conversation(self._pool, tenant, known, conversation)
        return conversation


def _address(place: PrivatePlace) -> str:
    if place.service_url is None:
        raise RequestInvalid("nobody has told where the tenant's conversations live")
    return place.service_url
