"""``list``: what is connected to this channel, by whom and since when; from rows."""

from api.bot.channels import why_no_channel
from api.bot.commands.request import CommandAnswer, CommandRequest, Dependencies, for_all
from muster.cards.commands import plain_sentence
from muster.cards.connections.listing import LIST_IN_A_CHAT, ListedConnection, list_text
from muster.store import connections


async def answer(request: CommandRequest, dependencies: Dependencies) -> CommandAnswer:
    """Names, for everybody in the channel; where nothing can be connected, that and why."""
    if request.team is None:
        return for_all(LIST_IN_A_CHAT)
    if (refusal := why_no_channel(request.activity)) is not None:
        return for_all(plain_sentence(refusal))
    connected = await connections.of_conversation(dependencies.pool, request.activity.conversation_id)
    return for_all(list_text([ListedConnection(one.name, one.by, one.since) for one in connected]))
