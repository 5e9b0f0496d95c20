"""What cards are told of the chat that was made for their incident."""

from typing import Literal

from workflows.meeting import ToldMeeting
from workflows.values import Value

RoomStage = Literal["none", "made", "unknown", "gone", "archived"]
"""``none``: there is no chat, or none any more that anybody could join. ``unknown``: one may have been made,
and nobody knows. ``gone``: it was deleted. ``archived``: it is there to be read."""

Absence = Literal["no_account", "no_user", "not_granted", "blocked", "refused", "full"]
"""Why somebody is not in the chat: nobody in the tenant has their e-mail address; PagerDuty does not know
them; a permission is missing; the chat takes nobody more; Microsoft refuses them; it is full."""


class Absent(Value):
    """Somebody who is wanted in the chat and is not in it."""

    name: str
    why: Absence


class Lack(Value):
    """A step that cannot be done, and the permission that is not granted."""

    step: str
    permission: str = ""
    """Empty: Microsoft refuses it, whatever is granted."""


class Room(Value):
    """How the chat of an incident stands."""

    number: int
    """Grows with each telling: an older one changes nothing."""
    stage: RoomStage
    tenant: str
    tenant_name: str = ""
    chat: str = ""
    """The conversation's id."""
    url: str = ""
    topic: str = ""
    lacks: tuple[Lack, ...] = ()
    app_unknown: bool = False
    """Nobody has told Muster the id of its app in the tenant's catalog: the chat has no card."""
    bot_removed: bool = False
    """Somebody has removed the bot from the chat: its card stands still."""
    absent: tuple[Absent, ...] = ()
    """The first of them; ``absent_count`` tells how many there are."""
    absent_count: int = 0
    meeting: ToldMeeting | None = None

    @property
    def shows_card(self) -> bool:
        """The bot is in the chat, as far as anybody knows."""
        lacks_bot = any(one.step == "bot" for one in self.lacks)
        return not (self.app_unknown or self.bot_removed or lacks_bot)

    @property
    def is_joinable(self) -> bool:
        """There is a chat, and where it is."""
        return self.stage == "made"


class ShownRoom(Value):
    """What a card says of the chat.

    ``join`` it; it is in another tenant, ``elsewhere``; nobody knows whether it was made; it is ``gone``, or
    ``archived``; or the card is the chat's ``own``.
    """

    kind: Literal["join", "elsewhere", "unknown", "gone", "archived", "own"]
    url: str = ""
    topic: str = ""
    tenant_name: str = ""
    lacks: tuple[Lack, ...] = ()
    app_unknown: bool = False
    bot_removed: bool = False
    absent: tuple[Absent, ...] = ()
    absent_count: int = 0
