"""**Connect Service** and **Bring in open incidents**: done for whoever presses, if PagerDuty lets them."""

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple

import structlog

from api.bot.activity import InboundActivity
from api.bot.answers import sentence
from api.bot.button_data import account_in, service_id_in
from api.bot.card_actions import ASKING_TAKES, ActionMalformed, CardActionHandler
from api.bot.channels import Channels, why_no_channel
from api.bot.connecting import Asker, Connecting, Pair
from api.bot.pressed_button import PressedButton, pressed_button
from muster.cards.connections.sentences import not_configured_sentence, sentence_of
from muster.cards.sentences import UNREACHABLE
from muster.cards.setup.sentences import INCOMPLETE_BUTTON, NOT_OUR_MESSAGE
from muster.store import notices, targets, teams
from muster.store.conversations import Channel
from muster.store.pool import Pool
from workflows.connect_channel.messages import ConnectAnswer
from workflows.connect_channel.state import Request
from workflows.connect_channel.workflow_type import BUTTONS
from workflows.errors import OutsideError
from workflows.ids import ConnectChannelId

log = structlog.stdlib.get_logger(__name__)


class _Found(NamedTuple):
    """What is to be connected, and whether the pressed card goes on as the connection's."""

    pair: Pair
    is_new: bool


class ConnectButtonHandler(CardActionHandler):
    """Answers these buttons. The click decides: what was read before of whoever wrote counts for nobody."""

    def __init__(
        self,
        pool: Pool,
        connecting: Connecting,
        channels: Channels,
        accounts_of: Callable[[str], tuple[str, ...]],
    ) -> None:
        """``accounts_of``: keys of the configured accounts that a tenant's teams may belong to."""
        self._pool = pool
        self._connecting = connecting
        self._channels = channels
        self._accounts_of = accounts_of

    async def _handle(self, activity: InboundActivity, answer_by: float) -> dict[str, Any]:
        pressed = pressed_button(activity)
        kind = BUTTONS[pressed.verb]
        account, service = account_in(pressed.data), service_id_in(pressed.data)
        if account is None or service is None:
            raise ActionMalformed(INCOMPLETE_BUTTON)
        async with asyncio.timeout_at(answer_by - ASKING_TAKES):
            try:
                found = await self._found(pressed, account, service, kind)
            except OutsideError as failure:
                log.warning("a channel was not found", reason=type(failure).__name__)
                return sentence(UNREACHABLE)
        if isinstance(found, str):
            log.info("click answered", verb=pressed.verb, reply="said")
            return sentence(found)
        asker = Asker(
            tenant=pressed.tenant,
            person=pressed.person,
            key=pressed.delivery_key(notice=service, account=account),
            correlation=pressed.id,
            again="press",
            answer_by=answer_by,
        )
        told, reply = await self._connecting.outcome(
            kind, asker, found.pair, message=pressed.message if found.is_new else None
        )
        log.info("click answered", verb=pressed.verb, reply=reply)
        return sentence(told)

    async def _found(self, pressed: PressedButton, account: str, service: str, kind: Request) -> _Found | str:
        """What the click is about, or why nothing is done."""
        activity = pressed.activity
        refusal = why_no_channel(activity)
        if refusal is not None or activity.team is None:
            return refusal or _said("channel_gone", kind)
        team = await teams.find(self._pool, activity.team.id)
        if team is None or team.tenant != pressed.tenant:
            return _said("channel_gone", kind)
        if not team.is_authorized or team.account != account:
            return _said("team_not_authorized", kind)
        if account not in self._accounts_of(pressed.tenant):
            return not_configured_sentence(account)
        channel = await self._channels.row_of(activity, team)
        if channel is None:
            return _said("channel_gone", kind)
        is_new = await self._is_new(pressed.message, channel, service)
        return _Found(Pair(account, service, channel), is_new)

    async def _is_new(self, message: str, channel: Channel, service: str) -> bool:
        """Whether no row knows the message, as that of an offer.

        That of an earlier connection of this pair may be pressed where a client shows it as it was. Raises
        ``ActionMalformed`` for a message of something else, which is not to be written over.
        """
        where = {"conversation": channel.id, "activity_id": message}
        notice = await notices.find(self._pool, **where)
        if notice is not None and notice.subject != str(ConnectChannelId(channel.key, service)):
            raise ActionMalformed(NOT_OUR_MESSAGE)
        if await targets.find_card(self._pool, **where) is not None:
            raise ActionMalformed(NOT_OUR_MESSAGE)
        if await targets.is_announcement(self._pool, **where):
            raise ActionMalformed(NOT_OUR_MESSAGE)
        return notice is None


def _said(reply: str, kind: Request) -> str:
    answer = ConnectAnswer.model_validate({"reply": reply})
    return sentence_of(answer, kind, again="press")
