"""Buttons of cards that are no incident's: each verb with the workflow and the update that it asks for."""

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple

import structlog

from api.bot.activity import InboundActivity
from api.bot.answers import sentence
from api.bot.card_actions import ASKING_TAKES, ActionMalformed, CardActionHandler
from api.bot.sender import person_of
from api.gateway import Gateway
from muster.cards.setup.sentences import INCOMPLETE_BUTTON, NOT_OUR_MESSAGE, sentence_of
from muster.identifiers import subdomain_of
from muster.store import notices, teams
from muster.store.notices import NoticeKey
from muster.store.pool import Pool
from muster.store.teams import Team
from muster.values import NAME, one_line, teams_identifier
from workflows.contract import Update, WorkflowType
from workflows.ids import TeamSetupId, button_key, delivery_key
from workflows.person import Person
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
"""By the button's verb; those of an incident's card stand in workflows/verbs."""


class _Hint(NamedTuple):
    """What a button's data say."""

    team: str
    notice: str
    account: str | None


class _Card(NamedTuple):
    """Whose card was pressed."""

    team: Team
    notice: str


class ButtonHandler(CardActionHandler):
    """Answers these buttons: finds whose card it is, asks its workflow, says what came of it."""

    def __init__(self, pool: Pool, gateway: Gateway, deadlines: Deadlines) -> None:
        self._pool = pool
        self._gateway = gateway
        self._deadlines = deadlines

    async def _handle(self, activity: InboundActivity, answer_by: float) -> dict[str, Any]:
        action: Mapping[str, Any] = activity.action or {}
        verb, hint = str(action.get("verb")), _hint_of(action.get("data"))
        person = person_of(activity)
        if person is None or not (activity.id and activity.tenant and activity.reply_to_id):
            raise ActionMalformed(INCOMPLETE_BUTTON)
        async with asyncio.timeout_at(answer_by - ASKING_TAKES):
            pressed_card = await self._card(activity, activity.reply_to_id, person, hint)
        button = BUTTONS[verb]
        key = button_key(
            person=person.aad_object_id,
            message=activity.reply_to_id,
            verb=verb,
            notice=pressed_card.notice,
            account=hint.account,
        )
        answer = await self._gateway.ask(
            button.workflow_type,
            pressed_card.team.start(self._deadlines),
            button.update,
            Pressed(
                key=key,
                person=person,
                message=activity.reply_to_id,
                notice=pressed_card.notice,
                account=hint.account,
                correlation=activity.id,
            ),
            update_id=delivery_key(key, activity.id),
            answer_by=answer_by,
        )
        log.info("click answered", verb=verb, reply=answer.reply if answer else "working")
        return sentence(sentence_of(answer))

    async def _card(self, activity: InboundActivity, message: str, person: Person, hint: _Hint) -> _Card:
        """Whose card it is: its row says so, and where the row does not know its message, the button.

        What a button says is believed of a notice that was begun for whoever pressed, or for all who read the
        conversation. Anybody can send a button's data.
        """
        notice = await notices.find(self._pool, conversation=activity.conversation_id, activity_id=message)
        setup = TeamSetupId.of(notice.subject) if notice else None
        if notice is not None:
            team = await teams.find_by_key(self._pool, setup.team_key) if setup else None
        else:
            team = await teams.find(self._pool, hint.team)
        if team is None or team.tenant != activity.tenant:
            raise ActionMalformed(NOT_OUR_MESSAGE)
        if notice is None:
            recipient = person.aad_object_id if activity.is_private else activity.conversation_id
            notice = NoticeKey(str(TeamSetupId(team.key)), hint.notice, recipient)
            if not await notices.is_begun(self._pool, notice):
                raise ActionMalformed(NOT_OUR_MESSAGE)
        return _Card(team, notice.name)


def _hint_of(data: Any) -> _Hint:
    """What the button carries; raises ``ActionMalformed``."""
    told = data if isinstance(data, Mapping) else {}
    team, notice, account = teams_identifier(told.get("team")), told.get("notice"), told.get("account")
    named = isinstance(notice, str) and notice and one_line(notice, NAME) == notice
    if team is None or not named or (account is not None and subdomain_of(account) is None):
        raise ActionMalformed(INCOMPLETE_BUTTON)
    return _Hint(team, str(notice), subdomain_of(account))
