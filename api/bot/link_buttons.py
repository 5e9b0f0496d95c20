"""Buttons that ask for a personal link: **Link Accounts**, and *Send a new link* on a link's own message."""

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple

import structlog

from api.bot.activity import InboundActivity
from api.bot.answers import sentence
from api.bot.button_data import account_in, notice_in, team_in
from api.bot.card_actions import ASKING_TAKES, ActionMalformed, CardActionHandler
from api.bot.linking import Asked, Linking
from api.bot.pressed_button import PressedButton, pressed_button
from api.bot.team_cards import pressed_team_card
from muster.cards.links.sentences import NOT_FOR_YOU, TEAM_NOT_AUTHORIZED
from muster.cards.setup.sentences import INCOMPLETE_BUTTON, NOT_OUR_MESSAGE
from muster.store import notices
from muster.store.notices import NoticeKey
from muster.store.pool import Pool
from workflows.account_link.workflow_type import LINK_BUTTONS, RENEW
from workflows.ids import AccountLinkId

log = structlog.stdlib.get_logger(__name__)


class _Hint(NamedTuple):
    """What a button's data say."""

    team: str | None
    notice: str | None
    account: str | None


class _Found(NamedTuple):
    """Which account the pressed message is about, or what is said instead of asking for a link."""

    account: str
    said: str | None = None


class LinkButtonHandler(CardActionHandler):
    """Answers these buttons. Whoever presses is offered a link of their own, never of somebody else's."""

    def __init__(self, pool: Pool, linking: Linking) -> None:
        self._pool = pool
        self._linking = linking

    async def _handle(self, activity: InboundActivity, answer_by: float) -> dict[str, Any]:
        pressed = pressed_button(activity)
        hint = _hint_of(pressed.data)
        update = LINK_BUTTONS[pressed.verb]
        async with asyncio.timeout_at(answer_by - ASKING_TAKES):
            if update is RENEW:
                found = _Found(await self._own_message(pressed, hint))
            else:
                found = await self._offered(pressed, hint)
        if found.said is not None:
            log.info("click answered", verb=pressed.verb, reply="said")
            return sentence(found.said)
        # A message for all, and one that expires again, is pressed anew after days: each press is a request.
        asked = Asked(
            tenant=pressed.tenant,
            person=pressed.person,
            account=found.account,
            key=pressed.delivery_key(notice=hint.notice or "", account=found.account),
            correlation=pressed.id,
            conversation=activity.conversation_id if update is RENEW and not activity.is_private else None,
        )
        told = await self._linking.ask(asked, answer_by=answer_by, update=update)
        log.info("click answered", verb=pressed.verb, reply="asked")
        return sentence(told)

    async def _offered(self, pressed: PressedButton, hint: _Hint) -> _Found:
        """**Link Accounts**: the account of the welcome's team as it is now, or the chosen one."""
        account = hint.account
        if hint.team is not None and hint.notice is not None:
            card = await pressed_team_card(self._pool, pressed, team=hint.team, notice=hint.notice)
            account = card.team.account
            if account is None:
                return _Found("", TEAM_NOT_AUTHORIZED)
        if account is None:
            raise ActionMalformed(INCOMPLETE_BUTTON)
        return _Found(account, await self._linking.standing(pressed.tenant, pressed.person, account))

    async def _own_message(self, pressed: PressedButton, hint: _Hint) -> str:
        """The account of a message that is this person's alone; its row says so, or else the button.

        What a button says is believed of a message that was begun for whoever pressed. Raises
        ``ActionMalformed``.
        """
        tenant, person = pressed.tenant, pressed.person
        notice = await notices.find(
            self._pool, conversation=pressed.activity.conversation_id, activity_id=pressed.message
        )
        if notice is not None:
            link = AccountLinkId.of(notice.subject)
            if link is None or link.tenant != tenant:
                raise ActionMalformed(NOT_OUR_MESSAGE)
            if link.person != person.aad_object_id:
                raise ActionMalformed(NOT_FOR_YOU)
            return link.account
        if hint.notice is None or hint.account is None:
            raise ActionMalformed(INCOMPLETE_BUTTON)
        own = AccountLinkId(tenant, person.aad_object_id, hint.account)
        if not await notices.is_begun(self._pool, NoticeKey(str(own), hint.notice, person.aad_object_id)):
            raise ActionMalformed(NOT_OUR_MESSAGE)
        return hint.account


def _hint_of(data: Mapping[str, Any]) -> _Hint:
    """What the button carries; raises ``ActionMalformed``."""
    return _Hint(team_in(data), notice_in(data), account_in(data))
