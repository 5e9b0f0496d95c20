"""Refused sends where no set-up could be told of them."""

from datetime import datetime

from activities.teams.refused_sends import RefusedSends
from muster.refused_sends import RefusedSend, refusal_in


class KeptRefusedSends(RefusedSends):
    """Keeps what would be reported: conversation and the connector's code."""

    def __init__(self) -> None:
        self.reported: list[tuple[str, str | None]] = []

    async def _is_new(self, conversation: str) -> bool:
        return False

    async def report(self, conversation: str, refused: RefusedSend, at: datetime) -> None:
        if refusal_in(conversation, refused, at) is not None:
            self.reported.append((conversation, refused.code))
