"""Build the activities that Teams sends to a bot."""

import uuid
from typing import Any

from sandbox.company import Person, Team
from sandbox.teams.conversations import THREAD_MARK
from sandbox.teams.roster import Roster
from sandbox.teams.state import Conversation, Json, Message, timestamp

_LOCALE = "en-US"


class Activities:
    """Builds activities for messages, clicks and installations."""

    def __init__(self, roster: Roster, service_url: str) -> None:
        self._roster = roster
        self._service_url = service_url

    def mention(self, text: str) -> Json:
        """The text with a mention of the bot in front, as Teams needs it in a channel."""
        name = self._roster.bot_account["name"]
        rest = text.strip()
        if rest.lower().startswith(f"@{name}".lower()):
            rest = rest[len(name) + 1 :].strip()
        tag = f"<at>{name}</at>"
        entity = {"type": "mention", "mentioned": self._roster.bot_account, "text": tag}
        return {"text": f"{tag} {rest}", "entities": [entity]}

    def message_content(self, person: Person, content: Json) -> Json:
        """A person's message as the conversation keeps it."""
        return {
            "type": "message",
            "textFormat": "plain",
            "from": self._roster.account(person),
            **content,
        }

    def message(self, person: Person, conversation: Conversation, message: Message) -> Json:
        """The activity that tells the bot of a person's message."""
        content = message.activity
        activity = self._from_person("message", person, conversation, thread=message.thread)
        client_info = {"type": "clientInfo", "locale": _LOCALE, "country": "US", "platform": "Web"}
        activity |= {
            "id": message.id,
            "timestamp": message.created_at,
            "text": content["text"],
            "textFormat": content["textFormat"],
            "entities": [*content.get("entities", []), client_info],
        }
        if message.reply_to is not None:
            activity["replyToId"] = message.reply_to
        return activity

    def invoke(
        self,
        person: Person,
        conversation: Conversation,
        message: Message,
        action: Json,
        trigger: str = "manual",
    ) -> Json:
        """The activity that tells the bot of a click on an ``Action.Execute``."""
        activity = self._from_person("invoke", person, conversation, thread=message.thread)
        return activity | {
            "name": "adaptiveCard/action",
            "replyToId": message.id,
            "value": {"action": {"type": "Action.Execute"} | action, "trigger": trigger},
        }

    def installation(self, person: Person, team: Team, *, removed: bool = False) -> list[Json]:
        """The activities that tell the bot that it was added to a team or removed from it."""
        general = {
            "conversationType": "channel",
            "isGroup": True,
            "id": team.id,
            "tenantId": self._roster.company.tenant_id,
        }
        team_reference = {"id": team.id, "aadGroupId": team.aad_group_id, "name": team.name}
        channel_data = {
            "settings": {"selectedChannel": {"id": team.id}},
            "team": team_reference,
            "tenant": {"id": self._roster.company.tenant_id},
        }
        members_key = "membersRemoved" if removed else "membersAdded"
        event = "teamMemberRemoved" if removed else "teamMemberAdded"
        members = self._envelope("conversationUpdate", person) | {
            "conversation": general,
            members_key: [{"id": self._roster.bot_account["id"]}],
            "channelData": channel_data | {"eventType": event},
        }
        installation = self._envelope("installationUpdate", person) | {
            "action": "remove" if removed else "add",
            "conversation": general,
            "channelData": channel_data | {"eventType": None, "source": {"name": "message"}},
        }
        return [members, installation]

    def as_new_delivery(self, activity: Json) -> Json:
        """The same activity with a new id and time, as Teams' second layer of retries sends it."""
        return activity | {"id": _activity_id(), **_times()}

    def _from_person(self, type_: str, person: Person, conversation: Conversation, thread: str) -> Json:
        tenant = {"id": self._roster.company.tenant_id}
        conversation_account: Json = {
            "conversationType": conversation.kind,
            "id": conversation.id,
            "tenantId": self._roster.company.tenant_id,
        }
        channel_data: Json = {"tenant": tenant}
        team = self._roster.team_of(conversation)
        if team is not None:
            conversation_account["id"] = f"{conversation.id}{THREAD_MARK}{thread}"
            channel_data |= {
                "team": {"id": team.id},
                "channel": {"id": conversation.id},
                "teamsTeamId": team.id,
                "teamsChannelId": conversation.id,
            }
        if conversation.kind != "personal":
            conversation_account["isGroup"] = True
        return self._envelope(type_, person) | {
            "conversation": conversation_account,
            "channelData": channel_data,
        }

    def _envelope(self, type_: str, person: Person) -> Json:
        return {
            "type": type_,
            "id": _activity_id(),
            **_times(),
            "channelId": "msteams",
            "serviceUrl": self._service_url,
            "from": self._roster.account(person),
            "recipient": self._roster.bot_account,
            "locale": _LOCALE,
        }


def _activity_id() -> str:
    return f"f:{uuid.uuid4()}"


def _times() -> dict[str, Any]:
    now = timestamp()
    return {"timestamp": now, "localTimestamp": now, "localTimezone": "Etc/UTC"}
