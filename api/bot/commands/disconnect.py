"""``disconnect``: a service's incidents come to this channel no more, by whoever may connect it."""

import asyncio

from api.bot.channels import why_no_channel
from api.bot.commands.named_service import connected_service
from api.bot.commands.request import CommandAnswer, CommandRequest, Dependencies, for_person
from api.bot.connecting import Asker, Pair
from muster.cards.commands import NO_PERSON, plain_sentence
from muster.cards.connections.sentences import (
    NOT_NAMED,
    SEVERAL_CONNECTED,
    not_configured_sentence,
    sentence_of,
)
from muster.store import connections, conversations
from workflows.connect_channel.messages import ConnectAnswer

_WITHIN = 5.0
"""Seconds for the workflow's answer; after it the command says that Muster is working on it."""


async def answer(request: CommandRequest, dependencies: Dependencies) -> CommandAnswer:
    """What came of it. What PagerDuty does not have any more is found by its row."""
    return for_person(plain_sentence(await _outcome(request, dependencies)))


async def _outcome(request: CommandRequest, dependencies: Dependencies) -> str:
    if (refusal := why_no_channel(request.activity)) is not None:
        return refusal
    if request.person is None:
        return NO_PERSON
    pool, accounts = dependencies.pool, dependencies.accounts.of(request.tenant)
    channel = await conversations.find_channel(
        pool, id=request.activity.conversation_id, tenant=request.tenant
    )
    connected = await connections.of_conversation(pool, channel.id) if channel else ()
    service = connected_service(request.argument, connected, accounts)
    match service:
        case "no_argument":
            return NOT_NAMED
        case "several":
            return SEVERAL_CONNECTED
        case "not_connected":
            return _not_connected()
    if channel is None:  # it has no connection either
        return _not_connected()
    if service.account not in accounts:
        return not_configured_sentence(service.account)
    asker = Asker(
        tenant=request.tenant,
        person=request.person,
        key=request.key,
        correlation=request.activity.id,
        again="command",
        answer_by=asyncio.get_running_loop().time() + _WITHIN,
    )
    told, _ = await dependencies.connecting.outcome(
        "disconnect", asker, Pair(service.account, service.service, channel, service.name)
    )
    return told


def _not_connected() -> str:
    return sentence_of(ConnectAnswer(reply="not_connected"), "disconnect", again="command")
