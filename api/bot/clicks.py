"""A click on a card's button: which card, who, and what the person who clicked gets to see."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import structlog

from api.bot.activity import InboundActivity
from api.bot.answers import card, sentence
from api.bot.card_actions import ASKING_TAKES, ActionMalformed, CardActionHandler
from api.bot.linking import Asked, Linking
from api.bot.sender import person_of
from api.gateway import Gateway
from api.rooms import RoomStarts
from muster.cards.incident.card import incident_card
from muster.cards.outcomes import sentence_of, working_sentence
from muster.cards.rooms.answers import answer_sentence
from muster.cards.rooms.sentences import not_linked_sentence
from muster.cards.sentences import (
    INCOMPLETE_BUTTON,
    NOT_OUR_CARD,
    OTHER_INCIDENT,
    UNKNOWN_BUTTON,
)
from muster.store import links, targets
from muster.store.pool import Pool
from muster.store.targets import Target
from muster.temporal.attempts import Rejected, TemporalUnavailable
from muster.values import ID, identifier, one_line
from workflows.channel_incident.messages import ClickAnswer, Timing
from workflows.channel_incident.workflow_type import CHANNEL_INCIDENT, CLICK, CLICKS
from workflows.ids import click_key, delivery_key
from workflows.incident_room.messages import AskedByClick
from workflows.incident_room.workflow_type import INCIDENT_ROOM, ON_CLICK
from workflows.verbs.button_data import ButtonData, ButtonDataMalformed
from workflows.verbs.click import Click, Clicker
from workflows.verbs.registry import VERBS
from workflows.verbs.verb import VerbName

log = structlog.stdlib.get_logger(__name__)


class ClickHandler(CardActionHandler):
    """Answers clicks: finds the card, asks its workflow, draws the answer."""

    def __init__(
        self,
        pool: Pool,
        gateway: Gateway,
        linking: Linking,
        timing: Timing,
        rooms: RoomStarts,
        policies: Mapping[str, str],
    ) -> None:
        """``policies``: by tenant, the commands that let Muster make meetings in people's names."""
        self._pool = pool
        self._gateway = gateway
        self._linking = linking
        self._timing = timing
        self._rooms = rooms
        self._policies = policies

    async def _handle(self, activity: InboundActivity, answer_by: float) -> dict[str, Any]:
        verb, button = _button_of(activity)
        if not (activity.id and activity.tenant and activity.reply_to_id and activity.sender.aad_object_id):
            raise ActionMalformed(INCOMPLETE_BUTTON)
        async with asyncio.timeout_at(answer_by - ASKING_TAKES):
            target, orphan_marker = await self._target(activity, activity.reply_to_id, button)
            link = await links.link_of(
                self._pool,
                tenant=activity.tenant,
                aad_object_id=activity.sender.aad_object_id,
                account=target.account,
            )
        click = Click(
            key=click_key(
                person=activity.sender.aad_object_id,
                message=activity.reply_to_id,
                verb=verb,
                nonce=button.nonce,
                link=link,
            ),
            verb=verb,
            person=Clicker(
                aad_object_id=activity.sender.aad_object_id,
                teams_id=activity.sender.id,
                name=activity.sender.name or "Somebody",
                link=link,
            ),
            message=activity.reply_to_id,
            nonce=button.nonce,
            orphan_marker=orphan_marker,
            received_at=datetime.now(UTC),
            correlation=activity.id,
        )
        if VERBS[verb].owner == "room":
            return await self._ask_room(activity, target, click, answer_by)
        answer = await self._gateway.ask(
            CHANNEL_INCIDENT,
            target.start(self._timing),
            CLICKS[verb],
            click,
            update_id=delivery_key(click.key, activity.id),
            answer_by=answer_by,
        )
        log.info("click answered", verb=verb, outcome=answer.outcome.kind if answer else "working")
        return _drawn(answer, click, target.account)

    async def _ask_room(
        self, activity: InboundActivity, target: Target, click: Click, answer_by: float
    ) -> dict[str, Any]:
        """Ask the run of the incident's room; whoever is not linked is offered a link before."""
        person = person_of(activity)
        if click.person.link is None and person is not None:
            asked = Asked(
                tenant=target.conversation.tenant,
                person=person,
                account=target.account,
                key=click.key,
                correlation=click.correlation,
            )
            told = await self._linking.ask(asked, answer_by=answer_by)
            return sentence(not_linked_sentence(target.account, told, label=VERBS[click.verb].label))
        async with asyncio.timeout_at(answer_by - ASKING_TAKES):
            shown = await targets.shown_as(self._pool, target)
        asked_for = AskedByClick(
            click=click,
            conversation=target.conversation.id,
            tenant=target.conversation.tenant,
            number=shown.number,
            service=shown.service,
        )
        answer = await self._gateway.ask(
            INCIDENT_ROOM,
            self._rooms.of(target.account, target.incident_id, tenant=target.conversation.tenant),
            ON_CLICK[click.verb],
            asked_for,
            update_id=delivery_key(click.key, click.correlation),
            answer_by=answer_by,
        )
        log.info("click answered", verb=click.verb, outcome=answer.outcome.kind if answer else "working")
        if answer is not None and answer.outcome.kind in ("done", "already"):
            await self._tell_of_orphan(target, click, answer_by)
        policy = self._policies.get(target.conversation.tenant, "")
        return sentence(answer_sentence(answer, click.verb, account=target.account, policy=policy))

    async def _tell_of_orphan(self, target: Target, click: Click, answer_by: float) -> None:
        """The card shows what came of the click, so that the orphan on which it was made can go.

        Where nobody can be told in time, it goes with its next click.
        """
        if click.orphan_marker is None:
            return
        within = max(0, answer_by - asyncio.get_running_loop().time())
        try:
            start = target.start(self._timing)
            await self._gateway.signal(CHANNEL_INCIDENT, start, CLICK, click, within=within)
        except (TemporalUnavailable, Rejected) as error:
            log.warning("an orphan stays until its next click", reason=type(error).__name__)

    async def _target(
        self, activity: InboundActivity, message: str, button: ButtonData
    ) -> tuple[Target, str | None]:
        """The card behind the pressed message, and the marker of an orphan, where that message may be one.

        What the button's data says is a hint, to be checked against the card's row.
        """
        conversation = activity.conversation_id
        target = await targets.find_card(self._pool, conversation=conversation, activity_id=message)
        if target is not None:
            if (button.account, button.incident_id) != (target.account, target.incident_id):
                raise ActionMalformed(OTHER_INCIDENT)
            return target, None
        # The row of a message that was just posted is a moment late, and no list of orphans has its marker.
        target = await targets.find_card_of_incident(
            self._pool, conversation=conversation, account=button.account, incident_id=button.incident_id
        )
        if target is None:
            raise ActionMalformed(NOT_OUR_CARD)
        # What somebody shared is theirs, whatever else its data say.
        may_be_orphan = not button.shared and activity.thread in (None, message)
        is_orphan = may_be_orphan and button.marker in target.orphan_markers
        return target, button.marker if is_orphan else None


def _button_of(activity: InboundActivity) -> tuple[VerbName, ButtonData]:
    """Which verb was pressed, and what its button carries; raises ``ActionMalformed``."""
    action: Mapping[str, Any] = activity.action or {}
    verb, data = action.get("verb"), action.get("data")
    if verb not in VERBS:
        raise ActionMalformed(UNKNOWN_BUTTON)
    try:
        button = ButtonData.from_wire(data if isinstance(data, Mapping) else {})
    except ButtonDataMalformed as problem:
        raise ActionMalformed(INCOMPLETE_BUTTON) from problem
    names_a_card = identifier(button.account) and identifier(button.incident_id)
    if not names_a_card or any(one_line(text, ID) != text for text in (button.marker, button.nonce)):
        raise ActionMalformed(INCOMPLETE_BUTTON)
    return verb, button


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
