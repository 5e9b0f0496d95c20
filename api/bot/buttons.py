"""Buttons of a team's set-up: each verb with the workflow and the update that it asks for."""

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple

import structlog

from api.bot.activity import InboundActivity
from api.bot.answers import sentence
from api.bot.button_data import account_in, notice_in, team_in
from api.bot.card_actions import ASKING_TAKES, ActionMalformed, CardActionHandler
from api.bot.pressed_button import pressed_button
from api.bot.team_cards import pressed_team_card
from api.gateway import Gateway
from muster.cards.setup.sentences import INCOMPLETE_BUTTON, sentence_of
from muster.store.pool import Pool
from workflows.contract import Update, WorkflowType
from workflows.ids import delivery_key
from workflows.team_setup import workflow_type as team_setup
from workflows.team_setup.messages import Deadlines, Pressed, SetupAnswer, Start

log = structlog.stdlib.get_logger(__name__)


class Button(NamedTuple):
    """What a button asks for."""

    workflow_type: WorkflowType[Start]
    update: Update[Pressed, SetupAnswer]


BUTTONS: Mapping[str, Button] = {
    verb: Button(team_setup.TEAM_SETUP, update) for verb, update in team_setup.BUTTONS.items()
}
"""By the button's verb; those of an incident's card stand in workflows/verbs, of links in link_buttons.py."""


class _Hint(NamedTuple):
    """What a button's data say."""

    team: str
    notice: str
    account: str | None


class ButtonHandler(CardActionHandler):
    """Answers these buttons: finds whose card it is, asks its workflow, says what came of it."""

    def __init__(self, pool: Pool, gateway: Gateway, deadlines: Deadlines) -> None:
        self._pool = pool
        self._gateway = gateway
        self._deadlines = deadlines

    async def _handle(self, activity: InboundActivity, answer_by: float) -> dict[str, Any]:
        pressed = pressed_button(activity)
        hint = _hint_of(pressed.data)
        async with asyncio.timeout_at(answer_by - ASKING_TAKES):
            pressed_card = await pressed_team_card(self._pool, pressed, team=hint.team, notice=hint.notice)
        button = BUTTONS[pressed.verb]
        key = pressed.key(notice=pressed_card.notice, account=hint.account)
        answer = await self._gateway.ask(
            button.workflow_type,
            pressed_card.team.start(self._deadlines),
            button.update,
            Pressed(
                key=key,
                person=pressed.person,
                message=pressed.message,
                notice=pressed_card.notice,
                account=hint.account,
                correlation=pressed.id,
            ),
            update_id=delivery_key(key, pressed.id),
            answer_by=answer_by,
        )
        log.info("click answered", verb=pressed.verb, reply=answer.reply if answer else "working")
        return sentence(sentence_of(answer))


def _hint_of(data: Mapping[str, Any]) -> _Hint:
    """What the button carries; raises ``ActionMalformed``."""
    team, notice, account = team_in(data), notice_in(data), account_in(data)
    if team is None or notice is None:
        raise ActionMalformed(INCOMPLETE_BUTTON)
    return _Hint(team, notice, account)
