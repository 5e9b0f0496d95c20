"""``list``: what is connected to this channel, by whom and since when; from rows."""

from api.bot.commands.request import CommandAnswer, CommandRequest, Dependencies, for_all
from muster.cards.connections.listing import LIST_IN_A_CHAT, ListedConnection, list_text
from muster.store import connections


async def answer(request: CommandRequest, dependencies: Dependencies) -> CommandAnswer:
    """Names, for everybody in the channel; in a chat, where it works."""
    if request.team is None:
        return for_all(LIST_IN_A_CHAT)
    connected = await connections.of_conversation(dependencies.pool, request.activity.conversation_id)
    return for_all(list_text([ListedConnection(one.name, one.by, one.since) for one in connected]))
