"""A message to the bot: read, taken once, answered in its thread, or to whoever wrote it alone."""

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import structlog

from api.bot.activity import InboundActivity
from api.bot.adapter import NotTaken
from api.bot.answers import CARD
from api.bot.commands.parser import Command, Mentioned, parse
from api.bot.commands.request import CommandAnswer, CommandRequest, Content, Dependencies, for_all, for_person
from api.bot.commands.table import COMMANDS, answer
from api.bot.presence import ChannelPresence
from api.bot.sender import person_of
from api.bot.team_events import TeamEvents
from muster.cards.commands import NO_FORMS, NOT_DONE
from muster.cards.sentences import UNREACHABLE
from muster.clients.teams.connector import ConnectorClient
from muster.config_file import TeamsRegistration
from muster.logging import correlated
from muster.private_sends import PrivateSends, Room
from muster.refused_sends import REFUSED_SENDS
from muster.store import commands
from muster.store.pool import UNAVAILABLE
from muster.temporal.attempts import Rejected, TemporalUnavailable
from workflows.errors import OutsideError
from workflows.ids import command_key
from workflows.person import Person

_TAKEN_WITHIN = 3.0
"""Seconds for the row that says that a command is taken."""
_ANSWERED_WITHIN = 6.0
_SENT_WITHIN = 4.0
"""Seconds for the answer, and for sending each message of it, two at most and at the same time. Another
delivery of the message finds it taken."""

log = structlog.stdlib.get_logger(__name__)


class CommandHandler:
    """Answers messages."""

    def __init__(
        self,
        dependencies: Dependencies,
        events: TeamEvents,
        connector: ConnectorClient,
        private: PrivateSends,
        registrations: Mapping[str, TeamsRegistration],
    ) -> None:
        self._dependencies = dependencies
        self._events = events
        self._connector = connector
        self._private = private
        self._presence = ChannelPresence(dependencies.pool, dependencies.gateway, dependencies.deadlines)
        self._registrations = registrations

    async def handle(self, activity: InboundActivity) -> None:
        """Do what the message asks for, once; raises ``NotTaken`` where nothing was done."""
        if activity.tenant is None or activity.id is None:
            log.warning("a message without an id is not answered")
            return
        with correlated(activity.id):
            command = self._parsed(activity, activity.tenant)
            if activity.shares_card and not command.name:
                log.info("a card that somebody shared is not answered")
                return
            team = await self._events.team_of(activity)
            if not await self._take(activity, activity.tenant, activity.id):
                log.info("a message that was taken before came again")
                return
            request = CommandRequest(
                name=command.name,
                argument=command.argument,
                activity=activity,
                tenant=activity.tenant,
                team=team,
                person=person_of(activity),
                key=command_key(conversation=activity.conversation_id, activity=activity.id),
            )
            answered = await self._answer(request)
            log.info("command answered", command=request.name if request.name in COMMANDS else "unknown")
            await self._reply(request, activity.id, answered)

    async def _take(self, activity: InboundActivity, tenant: str, id: str) -> bool:
        try:
            async with asyncio.timeout(_TAKEN_WITHIN):
                return await commands.take(
                    self._dependencies.pool,
                    tenant=tenant,
                    conversation=activity.conversation_id,
                    activity_id=id,
                )
        except UNAVAILABLE as failure:
            log.warning("a message was not taken", reason=type(failure).__name__)
            raise NotTaken from failure

    def _parsed(self, activity: InboundActivity, tenant: str) -> Command:
        mentions = [
            Mentioned(mention.text, activity.is_bot(mention.mentioned.id if mention.mentioned else None))
            for mention in activity.mentions
        ]
        names = [activity.recipient.name or ""]
        if tenant in self._registrations:
            names.append(self._registrations[tenant].name)
        return parse(activity.text, mentions=mentions, names=names)

    async def _answer(self, request: CommandRequest) -> CommandAnswer:
        if request.activity.value is not None and not request.name:
            return for_all(NO_FORMS)
        try:
            async with asyncio.timeout(_ANSWERED_WITHIN):
                return await answer(request, self._dependencies)
        except (TemporalUnavailable, *UNAVAILABLE) as failure:
            log.warning("a command was not done", reason=type(failure).__name__)
            return for_person(UNREACHABLE)
        except Rejected as refusal:
            log.error("a command was refused", reason=str(refusal))
            return for_person(NOT_DONE)
        except Exception:
            # It is taken, so that nobody would hear of it any more.
            log.exception("a command failed", command=request.name if request.name in COMMANDS else "unknown")
            return for_person(NOT_DONE)

    async def _reply(self, request: CommandRequest, id: str, answered: CommandAnswer) -> None:
        """Send the answer. Whether it arrives or not, the command is done.

        What is for its person alone goes into the thread where nobody else reads it, and where Teams does not
        say who the person is: such an answer names nobody.
        """
        if request.is_private or request.person is None:
            await self._send(self._in_thread(request, id, answered.contents))
            return
        sends = []
        if answered.for_all is not None:
            sends.append(self._send(self._in_thread(request, id, (answered.for_all,))))
        if answered.for_person is not None:
            sends.append(self._send(self._alone(request, request.person, answered.for_person)))
        await asyncio.gather(*sends)

    async def _in_thread(self, request: CommandRequest, id: str, contents: Iterable[Content]) -> None:
        activity = request.activity
        where = (activity.service_url, request.tenant, activity.conversation.id)
        began = datetime.now(UTC)
        try:
            for content in contents:
                if activity.team is not None and activity.thread is None:
                    await self._connector.reply(*where, id, _message(content))
                else:
                    await self._connector.send(*where, _message(content))
        except REFUSED_SENDS as refused:
            if activity.team is not None:
                await self._presence.refused(activity.conversation_id, refused, began)
            raise

    async def _alone(self, request: CommandRequest, person: Person, content: Content) -> None:
        activity = request.activity
        room = Room(activity.conversation_id, activity.service_url, activity.is_shared)
        await self._private.send(request.tenant, person, _message(content), asked_in=room)

    async def _send(self, sending: Awaitable[None]) -> None:
        try:
            async with asyncio.timeout(_SENT_WITHIN):
                await sending
        except (OutsideError, *UNAVAILABLE) as failure:  # a time that is over is among them
            log.warning("the answer to a command was not sent", reason=type(failure).__name__)


def _message(content: Content) -> dict[str, Any]:
    if isinstance(content, str):
        return {"type": "message", "text": content, "textFormat": "markdown"}
    return {
        "type": "message",
        "summary": content["fallbackText"],
        "attachments": [{"contentType": CARD, "content": content}],
    }
