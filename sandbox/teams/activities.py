"""Build the activities that tell the bot what a person writes, clicks and searches for."""

import uuid
from typing import Any

from sandbox.company import Person
from sandbox.teams.conversations import THREAD_MARK
from sandbox.teams.roster import Roster
from sandbox.teams.state import Conversation, Json, Kind, Message, timestamp

_LOCALE = "en-US"
_CONVERSATION_TYPES: dict[Kind, str] = {"channel": "channel", "personal": "personal", "group": "groupChat"}


class Activities:
    """Builds activities for messages, clicks and searches."""

    def __init__(self, roster: Roster, service_url: str) -> None:
        self._roster = roster
        self._service_url = service_url

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
        if "attachments" in content:
            activity["attachments"] = content["attachments"]
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

    def query(self, person: Person, conversation: Conversation, value: Json) -> Json:
        """The activity that tells the bot of a search beside the box to write in."""
        activity = self._from_person("invoke", person, conversation, thread=None)
        activity["channelData"]["source"] = {"name": "compose"}
        return activity | {"name": "composeExtension/query", "value": value}

    def _from_person(
        self, type_: str, person: Person, conversation: Conversation, thread: str | None
    ) -> Json:
        company, team = self._roster.company, self._roster.team_of(conversation)
        # A guest writes in the team's tenant, and in private from their own.
        tenant = company.tenant_of(person) if team is None else company.tenant_id
        place = conversation_account(conversation, tenant)
        channel_data: Json = {"tenant": {"id": tenant}} | meeting_of(conversation)
        if team is not None:
            if thread is not None:
                place["id"] = f"{conversation.id}{THREAD_MARK}{thread}"
            channel_data |= {
                "team": {"id": team.id},
                "channel": {"id": conversation.id} | type_of_channel(conversation),
                "teamsTeamId": team.id,
                "teamsChannelId": conversation.id,
            }
        sender, bot = self._roster.account(person), self._roster.bot_account
        return envelope(type_, sender, bot, self._service_url) | {
            "conversation": place,
            "channelData": channel_data,
        }


def conversation_account(conversation: Conversation, tenant: str) -> Json:
    """The ``conversation`` of an activity; a group chat's ``name`` is its topic, where it has one."""
    account: Json = {
        "conversationType": _CONVERSATION_TYPES[conversation.kind],
        "id": conversation.id,
        "tenantId": tenant,
    }
    if conversation.kind != "personal":
        account["isGroup"] = True
    if conversation.kind == "group" and conversation.name:
        account["name"] = conversation.name
    return account


def meeting_of(conversation: Conversation) -> Json:
    """``channelData.meeting`` of a meeting's chat; of any other conversation it is left out."""
    return {"meeting": {"id": conversation.meeting}} if conversation.meeting else {}


def type_of_channel(channel: Conversation) -> Json:
    """``channelData.channel.type`` of a private or shared channel; of a standard one it is left out."""
    return {} if channel.type == "standard" else {"type": channel.type}


def envelope(type_: str, sender: Json, bot: Json, service_url: str) -> Json:
    """What every activity has: a new id, the time, who sends it to whom."""
    return {
        "type": type_,
        "id": _activity_id(),
        **_times(),
        "channelId": "msteams",
        "serviceUrl": service_url,
        "from": sender,
        "recipient": bot,
        "locale": _LOCALE,
    }


def as_new_delivery(activity: Json) -> Json:
    """The same activity with a new id and time, as Teams' second layer of retries sends it."""
    return activity | {"id": _activity_id(), **_times()}


def _activity_id() -> str:
    return f"f:{uuid.uuid4()}"


def _times() -> dict[str, Any]:
    now = timestamp()
    return {"timestamp": now, "localTimestamp": now, "localTimezone": "Etc/UTC"}
