"""Addresses that open a message in Teams (Microsoft: *Deep link to Teams chat*)."""

from urllib.parse import quote, urlencode

_MESSAGE = "https://teams.microsoft.com/l/message"
_CHAT = '{"contextType":"chat"}'


def message_link(
    *,
    conversation: str,
    message: str,
    tenant: str,
    is_channel: bool,
    group: str | None = None,
    thread: str | None = None,
) -> str:
    """The address of a message of a channel or of a group chat; ``group``: AAD id of the channel's team.

    ``thread``: the message in whose thread of the channel it is; ``None``: it begins one.
    There is none of a message in a person's chat with the bot.
    """
    path = f"{_MESSAGE}/{quote(conversation, safe='')}/{quote(message, safe='')}"
    if not is_channel:
        return f"{path}?context={quote(_CHAT)}"
    known = {"groupId": group} if group else {}
    return f"{path}?{urlencode({'tenantId': tenant, **known, 'parentMessageId': thread or message})}"
