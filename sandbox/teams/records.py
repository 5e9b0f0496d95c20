"""The answer of ``GET /_sandbox/records``: everything that was sent and called."""

from sandbox.teams.conversations import Conversations
from sandbox.teams.message_views import notification
from sandbox.teams.state import Conversation, Json, Message
from sandbox.teams.teams import Teams


def records(conversations: Conversations) -> Json:
    """Conversations with all versions of their messages, and calls of connector and Graph, oldest first."""
    state = conversations.state
    return {
        "conversations": [_conversation(conversations, c) for c in state.conversations.values()],
        "calls": [call.model_dump() for call in state.calls],
        "graph_calls": [call.model_dump() for call in state.graph_calls],
    }


def _conversation(conversations: Conversations, conversation: Conversation) -> Json:
    team = Teams(conversations).of(conversation)
    return {
        "id": conversation.id,
        "kind": conversation.kind,
        "name": conversation.name,
        "team": None if team is None else team.name,
        "members": conversation.members,
        "created_at": conversation.created_at,
        "messages": [_message(message) for message in conversation.messages],
    }


def _message(message: Message) -> Json:
    return {
        "id": message.id,
        "reply_to": message.reply_to,
        "created_at": message.created_at,
        "deleted_at": message.deleted_at,
        "to": message.to,
        # An edit notifies nobody, nor does a targeted message.
        "notification": notification(message.versions[0].activity) if message.to is None else "",
        "versions": [version.model_dump() for version in message.versions],
    }
