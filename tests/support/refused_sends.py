"""Refused sends where no set-up could be told of them."""

from activities.teams.refused_sends import RefusedSends
from workflows.errors import BotRemoved


class KeptRefusedSends(RefusedSends):
    """Keeps what would be reported: conversation and the connector's code."""

    def __init__(self) -> None:
        self.reported: list[tuple[str, str | None]] = []

    async def report(self, conversation: str, refused: BotRemoved) -> None:
        self.reported.append((conversation, refused.code))
