"""A click on a card's button: which card, who, and what the person who clicked gets to see."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import structlog

from api.bot.activity import InboundActivity
from api.bot.answers import card, error, sentence
from api.gateway import Gateway, Rejected, TemporalUnavailable
from muster.cards.incident.card import incident_card
from muster.cards.outcomes import (
    INCOMPLETE_BUTTON,
    NOT_OUR_CARD,
    OTHER_INCIDENT,
    UNKNOWN_BUTTON,
    UNREACHABLE,
    WORKS_NO_MORE,
    sentence_of,
    working_sentence,
)
from muster.logging import correlated
from muster.store import links, targets
from muster.store.pool import UNAVAILABLE, Pool
from muster.store.targets import Target
from workflows.channel_incident.messages import ClickAnswer, Timing
from workflows.channel_incident.workflow_type import CHANNEL_INCIDENT, CLICK_UPDATES
from workflows.ids import click_key
from workflows.incident.values import Value
from workflows.verbs.button_data import ButtonData, ButtonDataMalformed
from workflows.verbs.click import Click, Clicker
from workflows.verbs.registry import VERBS

log = structlog.stdlib.get_logger(__name__)


class ClickMalformed(Exception):
    """The click cannot be acted on; the text is for the person who clicked."""


class _Clicked(Value):
    """What a click says. ``button`` is what the button's data claims, still to be checked."""

    activity_id: str
    aad_object_id: str
    teams_id: str
    name: str
    tenant: str
    conversation: str
    message: str
    """Activity id of the pressed message."""
    verb: str
    button: ButtonData


class ClickHandler:
    """Answers clicks: finds the card, asks its workflow, draws the answer."""

    def __init__(self, pool: Pool, gateway: Gateway, timing: Timing) -> None:
        self._pool = pool
        self._gateway = gateway
        self._timing = timing

    async def answer(self, activity: InboundActivity, *, answer_by: float) -> dict[str, Any]:
        """The body of the invoke's answer, at ``answer_by`` by the clock of the event loop at the latest."""
        with correlated(activity.id):
            try:
                return await self._handle(_clicked(activity), answer_by)
            except ClickMalformed as refusal:
                return error(400, "BadRequest", str(refusal))
            except (TemporalUnavailable, *UNAVAILABLE) as failure:
                log.warning("a click was not accepted", reason=type(failure).__name__)
                return sentence(UNREACHABLE)
            except Rejected as failure:
                log.error("a click was refused", reason=str(failure))
                return sentence(WORKS_NO_MORE)

    async def _handle(self, clicked: _Clicked, answer_by: float) -> dict[str, Any]:
        target, is_orphan = await self._target(clicked)
        link = await links.link_of(
            self._pool,
            tenant=clicked.tenant,
            aad_object_id=clicked.aad_object_id,
            account=target.account,
        )
        click = Click(
            key=click_key(
                person=clicked.aad_object_id,
                message=clicked.message,
                verb=clicked.verb,
                nonce=clicked.button.nonce,
                link=link,
            ),
            verb=clicked.verb,
            person=Clicker(
                aad_object_id=clicked.aad_object_id, teams_id=clicked.teams_id, name=clicked.name, link=link
            ),
            message=clicked.message,
            orphan=is_orphan,
            received_at=datetime.now(UTC),
            correlation=clicked.activity_id,
        )
        answer = await self._gateway.ask(
            CHANNEL_INCIDENT,
            target.start(self._timing),
            CLICK_UPDATES[click.verb],
            click,
            update_id=click.key,
            answer_by=answer_by,
        )
        log.info("click answered", verb=click.verb, outcome=answer.outcome.kind if answer else "working")
        return _drawn(answer, click, target.account)

    async def _target(self, clicked: _Clicked) -> tuple[Target, bool]:
        """The card behind the pressed message, and whether that message is an orphan.

        What the button's data says is checked against the card.
        """
        target = await targets.find_card(
            self._pool, conversation=clicked.conversation, activity_id=clicked.message
        )
        if target is None:
            return await self._target_of_unknown_message(clicked)
        if (clicked.button.account, clicked.button.incident_id) != (target.account, target.incident_id):
            raise ClickMalformed(OTHER_INCIDENT)
        return target, False

    async def _target_of_unknown_message(self, clicked: _Clicked) -> tuple[Target, bool]:
        """A message nobody knows is an orphan of a lost answer, or one whose row is a moment late."""
        target = await targets.find_card_of_incident(
            self._pool,
            conversation=clicked.conversation,
            account=clicked.button.account,
            incident_id=clicked.button.incident_id,
        )
        if target is None:
            raise ClickMalformed(NOT_OUR_CARD)
        return target, clicked.button.marker not in target.markers


def _clicked(activity: InboundActivity) -> _Clicked:
    """Read a card action; raises ``ClickMalformed``."""
    action: Mapping[str, Any] = activity.action or {}
    verb, data = action.get("verb"), action.get("data")
    if verb not in VERBS:
        raise ClickMalformed(UNKNOWN_BUTTON)
    found = {
        "activity_id": activity.id,
        "aad_object_id": activity.sender.aad_object_id,
        "teams_id": activity.sender.id,
        "tenant": activity.tenant,
        "message": activity.reply_to_id,
    }
    try:
        button = ButtonData.from_wire(data if isinstance(data, Mapping) else {})
    except ButtonDataMalformed as problem:
        raise ClickMalformed(INCOMPLETE_BUTTON) from problem
    if not all(found.values()):
        raise ClickMalformed(INCOMPLETE_BUTTON)
    return _Clicked(
        **found,
        name=activity.sender.name or "Somebody",
        conversation=activity.conversation_id,
        verb=verb,
        button=button,
    )


def _drawn(answer: ClickAnswer | None, click: Click, account: str) -> dict[str, Any]:
    """The card as it is now, with a sentence for whoever clicked where it did not simply work."""
    if answer is None:
        return sentence(working_sentence(click.verb))
    text = sentence_of(answer.outcome, click.verb, account=account)
    if answer.view is None:
        return sentence(text)
    return card(
        incident_card(answer.view, answer.identity, notice=None if answer.outcome.kind == "done" else text)
    )
