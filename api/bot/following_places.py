"""Where somebody follows an incident: a channel, a group chat, a private chat with the bot, and its row.

Teams sends presses on shared cards from anywhere. So the connector is asked whether the bot is in a chat
that no row knows, or that is suspended, or was and whose runs were not told of its return.
"""

from dataclasses import dataclass

import structlog

from api.bot.activity import InboundActivity
from api.bot.channels import Channels
from api.bot.pressed_button import PressedButton
from muster.cards.incident.following import NOT_IN_CHAT, NOT_IN_TEAM, OWN_MEMBERS, TEAMS_DID_NOT_ANSWER
from muster.chat_life import ChatLife
from muster.clients.teams.connector import ConnectorClient
from muster.store import chats, teams
from muster.store.chats import ChatKind
from muster.store.pool import Pool, transaction
from workflows.errors import OutsideError

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True)
class Place:
    """A conversation in which the bot is."""

    kind: ChatKind | None
    """``None``: a channel."""

    @property
    def has_links(self) -> bool:
        """Whether an address opens a message of it."""
        return self.kind != "personal"


class FollowingPlaces:
    """Finds out whether the bot can post where somebody pressed, and makes the row of a chat."""

    def __init__(
        self, pool: Pool, connector: ConnectorClient, channels: Channels, chat_life: ChatLife
    ) -> None:
        self._pool = pool
        self._connector = connector
        self._channels = channels
        self._chat_life = chat_life

    async def of(self, pressed: PressedButton) -> Place | str:
        """The place, or in plain text why there is none.

        Raises what ``ChatLife`` raises, where a chat turns out not to be suspended, and ``UNAVAILABLE``.
        """
        activity = pressed.activity
        try:
            if activity.team is not None:
                return await self._channel(activity, pressed.tenant, activity.team.id)
            return await self._chat(activity, pressed)
        except OutsideError as failure:
            log.warning("Teams does not tell of a conversation", reason=type(failure).__name__)
            return TEAMS_DID_NOT_ANSWER

    async def _channel(self, activity: InboundActivity, tenant: str, team_id: str) -> Place | str:
        if activity.membership is not None:
            return OWN_MEMBERS
        team = await teams.find(self._pool, team_id)
        if team is None or team.tenant != tenant:
            return NOT_IN_TEAM
        channel = await self._channels.row_of(activity, team)
        return NOT_IN_TEAM if channel is None else Place(kind=None)

    async def _chat(self, activity: InboundActivity, pressed: PressedButton) -> Place | str:
        kind: ChatKind = "personal" if activity.is_private else "group"
        chat, tenant = activity.conversation_id, pressed.tenant
        known = await chats.find(self._pool, id=chat, tenant=tenant)
        if known is not None and not known.is_suspended and known.is_told:
            return Place(known.kind)
        if not await self._connector.has_bot(activity.service_url, tenant, chat):
            return NOT_IN_CHAT
        if known is not None:  # nobody told that the bot is in it again, or its runs did not hear it
            await self._chat_life.follow(
                chat, tenant, is_away=False, at=activity.at, request=f"follow/{pressed.id}"
            )
        return Place(kind)

    async def make(self, place: Place, pressed: PressedButton, *, account: str, number: int | str) -> None:
        """Make the row of a chat in which nothing is followed yet; raises ``ChatOfAnotherTenant``."""
        if place.kind is None:
            return
        activity = pressed.activity
        name = pressed.person.name if place.kind == "personal" else activity.conversation.name or ""
        async with transaction(self._pool) as connection:
            await chats.find_or_make(
                connection,
                id=activity.conversation_id,
                tenant=pressed.tenant,
                account=account,
                number=number,
                name=name,
                service_url=activity.service_url,
                at=activity.at,
                kind=place.kind,
            )
