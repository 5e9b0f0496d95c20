"""What a refused send says of the channel into which it went."""

from datetime import datetime

from workflows.errors import BotRemoved, CardGone
from workflows.team_setup.messages import SendRefused

NOT_IN_ROSTER = "BotNotInConversationRoster"
_IS_CERTAIN = {
    NOT_IN_ROSTER: True,
    "MessageWritesBlocked": True,
    "ConversationNotFound": False,  # also comes at random, for channels that are fine
}
"""By the connector's code; what has another one is suspended by nobody."""

RefusedSend = BotRemoved | CardGone
REFUSED_SENDS = (BotRemoved, CardGone)
"""The same, to catch. The latter is of a reply whose thread is not found, as where its channel is gone."""


def refusal_in(channel: str, refused: RefusedSend, at: datetime) -> SendRefused | None:
    """What the set-up of the channel's team is to hear of a send that began at ``at``.

    ``None``: the refusal says nothing of the channel.
    """
    is_certain = _IS_CERTAIN.get(refused.code or "")
    return None if is_certain is None else SendRefused(channel=channel, at=at, is_certain=is_certain)
