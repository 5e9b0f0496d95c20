"""What a request says that shall happen to a team; ``team_life`` lets it happen."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from sandbox.teams.announcements import Announcement
from sandbox.teams.state import ChannelType

NAMED = frozenset({"teamrenamed", "channelrenamed", "channelcreated"})
OF_A_TEAM_MEMBER = frozenset({"teammemberadded", "teammemberremoved"})
OF_A_CHANNEL_MEMBER = frozenset({"channelmemberadded", "channelmemberremoved"})
OF_A_CHANNEL = frozenset({"channelrenamed", "channeldeleted", "channelrestored"}) | OF_A_CHANNEL_MEMBER


class TeamEventRequest(Announcement):
    """An event of a team. ``event`` is sent as it is spelled; how it is spelled makes no difference here."""

    team: str
    event: Annotated[str, Field(min_length=1)]
    channel: str | None = None
    """Id or name, of the events of a channel."""
    name: str = ""
    """The new name, of a renaming and of a new channel."""
    person: str | None = None
    """Who did it, or who came or went; None for nobody, and for the app of a channel."""
    by: str | None = None
    """Who did it, where ``person`` is who came or went and somebody else did it."""
    type: ChannelType = "standard"
    """Of a new channel."""
    members: tuple[str, ...] | None = None
    """The people of a new private or shared channel; None for the team's."""
    has_app: bool = False
    """Whether a new private or shared channel begins with the app in it."""

    @model_validator(mode="after")
    def _names_what_it_is_about(self) -> Self:
        for name, kinds in (("name", NAMED), ("channel", OF_A_CHANNEL), ("person", OF_A_TEAM_MEMBER)):
            if self.kind in kinds and not getattr(self, name):
                raise ValueError(f'"{self.event}" needs a "{name}"')
        if self.type == "standard" and (self.members is not None or self.has_app):
            raise ValueError("a standard channel has the team's members and its app")
        return self

    @property
    def kind(self) -> str:
        """The event in small letters, since its case does not count."""
        return self.event.lower()
