# mypy: allow-subclassing-any, allow-untyped-calls
# (botbuilder has no types)
"""A press of a card's button: which card, who, and what the person who pressed gets to see."""

from datetime import UTC, datetime
from typing import Any

import structlog
from botbuilder.core import InvokeResponse, TurnContext
from botbuilder.core.teams import TeamsActivityHandler
from botbuilder.schema import Activity

from api.bot.adapter import ANSWER_BY
from api.bot.answers import UNREACHABLE, sentence
from api.bot.orphans import Orphans
from api.bot.press import Press, PressMalformed, press_of
from api.gateway import Gateway, Rejected, TemporalUnavailable
from muster.cards.incident import incident_card
from muster.logging import correlated
from muster.store import people, targets
from muster.store.pool import UNAVAILABLE, Pool
from muster.store.targets import Target
from workflows.ids import click_key
from workflows.messages import Click, ClickAnswer, Clicker
from workflows.model.verbs import VERBS

_CARD = "application/vnd.microsoft.card.adaptive"
_ERROR = "application/vnd.microsoft.error"

log = structlog.stdlib.get_logger(__name__)


class MusterBot(TeamsActivityHandler):
    """What Muster does when Teams talks to it."""

    def __init__(self, pool: Pool, gateway: Gateway, orphans: Orphans) -> None:
        super().__init__()
        self._pool = pool
        self._gateway = gateway
        self._orphans = orphans

    async def on_invoke_activity(self, turn_context: TurnContext) -> InvokeResponse:
        """Card actions are answered here; botbuilder's own answer cannot hold a text."""
        activity: Activity = turn_context.activity
        if activity.name != "adaptiveCard/action":
            return await super().on_invoke_activity(turn_context)
        return InvokeResponse(
            status=200, body=await self._answer(activity, turn_context.turn_state[ANSWER_BY])
        )

    async def _answer(self, activity: Activity, answer_by: float) -> dict[str, Any]:
        try:
            press = press_of(activity.serialize())
        except PressMalformed as error:
            return _error(400, "BadRequest", str(error))
        with correlated(activity.id):
            try:
                return await self._press(press, answer_by)
            except PressMalformed as error:
                return _error(400, "BadRequest", str(error))
            except (TemporalUnavailable, *UNAVAILABLE) as error:
                log.warning("a press was not accepted", reason=type(error).__name__)
                return sentence(UNREACHABLE)
            except Rejected as error:
                log.error("a press was refused", reason=str(error))
                return sentence("This button does not work any more.")

    async def _press(self, press: Press, answer_by: float) -> dict[str, Any]:
        target, on_orphan = await self._target(press)
        link = await people.link_of(
            self._pool,
            tenant=press.tenant,
            aad_object_id=press.aad_object_id,
            account=target.account,
        )
        click = Click(
            key=click_key(
                person=press.aad_object_id,
                message=press.message,
                verb=press.verb,
                nonce=press.nonce,
                link=link,
            ),
            verb=press.verb,
            person=Clicker(
                aad_object_id=press.aad_object_id, teams_id=press.teams_id, name=press.name, link=link
            ),
            message=press.message,
            received_at=datetime.now(UTC),
            correlation=press.activity_id,
        )
        answer = await self._gateway.press(target, click, answer_by=answer_by)
        if on_orphan:  # only now: whoever is told to try again still has the button
            self._orphans.delete_later(target, press.message)
        log.info("press answered", verb=press.verb, outcome=answer.outcome.kind if answer else "working")
        return _drawn(answer, click)

    async def _target(self, press: Press) -> tuple[Target, bool]:
        """The card behind the pressed message, and whether that message is an orphan.

        What the button's data says is checked against the card.
        """
        target = await targets.find_card(
            self._pool, conversation=press.conversation, activity_id=press.message
        )
        if target is None:
            return await self._target_of_unknown_message(press)
        if (press.account, press.incident_id) != (target.account, target.incident_id):
            raise PressMalformed("This button names another incident than its card.")
        return target, False

    async def _target_of_unknown_message(self, press: Press) -> tuple[Target, bool]:
        """A message nobody knows is an orphan of a lost answer, or one whose row is a moment late."""
        target = await targets.find_card_of_incident(
            self._pool,
            conversation=press.conversation,
            account=press.account,
            incident_id=press.incident_id,
        )
        if target is None:
            raise PressMalformed("This card is not one of Muster's in this conversation.")
        return target, press.marker not in target.markers


def _drawn(answer: ClickAnswer | None, click: Click) -> dict[str, Any]:
    """The card as it is now, with a sentence for whoever pressed where it did not simply work."""
    label = VERBS[click.verb].label
    if answer is None:
        return sentence(f"Muster is working on it: {label}. The card will show what came of it.")
    if answer.view is None:
        return sentence(answer.outcome.text)
    notice = None if answer.outcome.kind == "done" else answer.outcome.text
    return {
        "statusCode": 200,
        "type": _CARD,
        "value": incident_card(answer.view, answer.stamped, notice=notice),
    }


def _error(status: int, code: str, message: str) -> dict[str, Any]:
    return {"statusCode": status, "type": _ERROR, "value": {"code": code, "message": message}}
