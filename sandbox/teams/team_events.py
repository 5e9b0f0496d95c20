"""Build the activities that tell the bot what happens to a team, from its installation on.

At installation ``conversation.id`` is the channel that was chosen in the dialog; in every other event it is
the team's id (msteams-docs, *subscribe-to-conversation-events*).
"""

from sandbox.company import Person, Team
from sandbox.teams.activities import envelope, type_of_channel
from sandbox.teams.roster import Roster
from sandbox.teams.state import Conversation, Json


class TeamEvents:
    """Builds ``installationUpdate`` and ``conversationUpdate``; ``by`` is None where nobody is named."""

    def __init__(self, roster: Roster, service_url: str) -> None:
        self._roster = roster
        self._service_url = service_url

    def installation(self, by: Person | None, team: Team, channel: str) -> list[Json]:
        """The bot was added to the team, with this channel chosen."""
        return self._installation(by, team, channel, "add", "teamMemberAdded", "membersAdded")

    def removal(self, by: Person | None, team: Team) -> list[Json]:
        """The bot was removed from the team."""
        return self._installation(by, team, team.id, "remove", "teamMemberRemoved", "membersRemoved")

    def upgrade(self, by: Person | None, team: Team) -> Json:
        """The app's newer version came into the team."""
        channel_data = self._channel_data(team) | {"eventType": None, "source": {"name": "message"}}
        return self._about(by, team.id, "installationUpdate", channel_data) | {"action": "add-upgrade"}

    def event(
        self,
        by: Person | None,
        team: Team,
        event_type: str,
        *,
        channel: Conversation | None = None,
        members: Json | None = None,
    ) -> Json:
        """Something happened to the team: ``event_type`` is sent as it is spelled here."""
        channel_data = self._channel_data(team) | {"eventType": event_type}
        if channel is not None:
            channel_data["channel"] = {"id": channel.id, "name": channel.name} | type_of_channel(channel)
        return self._about(by, team.id, "conversationUpdate", channel_data) | (members or {})

    def account(self, person: Person) -> Json:
        """The person as one of an event's members."""
        return {"id": person.teams_id, "aadObjectId": person.aad_object_id}

    def bot_account(self) -> Json:
        """The bot as one of an event's members."""
        return {"id": self._roster.bot_account["id"]}

    def _installation(
        self, by: Person | None, team: Team, channel: str, action: str, event_type: str, members: str
    ) -> list[Json]:
        channel_data = self._channel_data(team) | {"settings": {"selectedChannel": {"id": channel}}}
        update = self._about(by, channel, "conversationUpdate", channel_data | {"eventType": event_type})
        installation = channel_data | {"eventType": None, "source": {"name": "message"}}
        return [
            update | {members: [self.bot_account()]},
            self._about(by, channel, "installationUpdate", installation) | {"action": action},
        ]

    def _channel_data(self, team: Team) -> Json:
        return {
            "team": {"id": team.id, "aadGroupId": team.aad_group_id, "name": team.name},
            "tenant": {"id": self._roster.company.tenant_id},
        }

    def _about(self, by: Person | None, conversation: str, type_: str, channel_data: Json) -> Json:
        tenant = self._roster.company.tenant_id
        sender = self._roster.nobody if by is None else self._roster.account(by)
        return envelope(type_, sender, self._roster.bot_account, self._service_url) | {
            "conversation": {
                "conversationType": "channel",
                "isGroup": True,
                "id": conversation,
                "tenantId": tenant,
            },
            "channelData": channel_data,
        }
