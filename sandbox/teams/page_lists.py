"""The lists of the page: people, teams with their channels, chats, and whom a message can mention."""

from sandbox.company import Company, Person
from sandbox.teams.conversations import Conversations
from sandbox.teams.message_views import notification
from sandbox.teams.state import Conversation, Json
from sandbox.teams.teams import Teams

_PAGERDUTY_ROLES = {
    "owner": "PagerDuty account owner",
    "admin": "PagerDuty global admin",
    "user": "PagerDuty manager",
    "limited_user": "PagerDuty responder",
}
"""PagerDuty's roles as PagerDuty's own pages call them."""
_NAMED = 3
"""How many of a chat's people its title names."""


def people_list(company: Company) -> list[Json]:
    """The people as whom the page can act."""
    return [
        {
            "id": person.aad_object_id,
            "name": person.name,
            "email": person.email,
            "job_title": person.job_title,
            "about": _about(person),
            "linked": person.linked,
            "has_pagerduty_user": person.pagerduty_user is not None,
            "initials": "".join(word[0] for word in person.name.split()[:2]).upper(),
        }
        for person in company.people
    ]


def conversation_lists(conversations: Conversations, person: Person) -> Json:
    """The teams and chats that this person can see."""
    teams = Teams(conversations)
    visible = list(conversations.seen_by(person))
    return {
        "teams": [
            {
                "id": team.id,
                "name": team.name,
                "has_bot": teams.has_bot(team),
                "archived": teams.is_archived(team),
                "members": teams.members(team),
                "channels": [_channel(conversations, c, person) for c in visible if c.team == team.id],
                "deleted_channels": [
                    {"id": c.id, "name": c.name}
                    for c in teams.deleted_channels(team)
                    if person.aad_object_id in c.members
                ],
            }
            for team in teams.seen_by(person)
        ],
        "deleted_teams": [{"id": team.id, "name": team.name} for team in teams.restorable_by(person)],
        "chats": [_chat(conversations, c, person) for c in visible if c.kind != "channel"],
    }


def conversation_members(conversations: Conversations, conversation: Conversation) -> list[Json]:
    """Whom a message there can mention: the bot, where it is in the conversation, and the people."""
    roster = conversations.roster
    people = [
        {"id": p.aad_object_id, "name": p.name, "bot": False} for p in conversations.people_in(conversation)
    ]
    bot = roster.bot_account | {"bot": True}
    return [bot, *people] if conversations.bot_is_in(conversation) else people


def conversation_name(conversations: Conversations, conversation: Conversation, reader: Person) -> str:
    """The title on the page: a chat with the bot has its name, one without a topic those of the others."""
    if conversation.kind == "personal":
        return str(conversations.roster.bot_account["name"])
    if conversation.kind == "channel" or conversation.name:
        return conversation.name
    others = [p.name.split()[0] for p in conversations.people_in(conversation) if p != reader]
    more = f" +{len(others) - _NAMED}" if len(others) > _NAMED else ""
    return ", ".join(others[:_NAMED]) + more if others else "Only you"


def _channel(conversations: Conversations, channel: Conversation, person: Person) -> Json:
    return {
        "id": channel.id,
        "name": channel.name,
        "type": channel.type,
        "has_bot": conversations.bot_is_in(channel),
        "unread": conversations.unread(channel, person),
    }


def _chat(conversations: Conversations, chat: Conversation, person: Person) -> Json:
    seen = (m for m in reversed(chat.messages) if m.is_for(person.aad_object_id))
    last = next((m for m in seen if m.deleted_at is None), None)
    return {
        "id": chat.id,
        "kind": chat.kind,
        "name": conversation_name(conversations, chat, person),
        "topic": chat.name if chat.kind == "group" else "",
        "has_bot": conversations.bot_is_in(chat),
        "members": chat.members,
        "unread": conversations.unread(chat, person),
        "last": None if last is None else {"text": notification(last.activity), "at": last.created_at},
    }


def _about(person: Person) -> str:
    """Who the person is to Microsoft and to PagerDuty."""
    if person.tenant is not None:
        return "of another organization"
    microsoft = ["Microsoft admin"] if person.microsoft_admin else []
    if person.pagerduty_user is None:
        return ", ".join([*microsoft, "no PagerDuty user"])
    return ", ".join([*microsoft, _PAGERDUTY_ROLES.get(person.role, f"PagerDuty {person.role}")])
