"""The lists on the page's left: people, teams with their channels, and chats."""

from sandbox.company import Company, Person
from sandbox.teams.conversations import Conversations
from sandbox.teams.message_views import notification
from sandbox.teams.roster import Roster
from sandbox.teams.state import Conversation, Json


def people_list(company: Company) -> list[Json]:
    """The people as whom the page can act."""
    return [
        {
            "id": person.aad_object_id,
            "name": person.name,
            "email": person.email,
            "job_title": person.job_title,
            "linked": person.linked,
            "initials": "".join(word[0] for word in person.name.split()[:2]).upper(),
        }
        for person in company.people
    ]


def conversation_lists(conversations: Conversations, person: Person) -> Json:
    """The teams and chats that this person can see."""
    visible = list(conversations.seen_by(person))
    return {
        "teams": [
            {
                "id": team.id,
                "name": team.name,
                "channels": [
                    {"id": c.id, "name": c.name, "unread": conversations.unread(c, person)}
                    for c in visible
                    if c.team == team.id
                ],
            }
            for team in conversations.roster.company.teams
            if person.aad_object_id in team.members
        ],
        "chats": [_chat(conversations, c, person) for c in visible if c.kind != "channel"],
    }


def conversation_name(roster: Roster, conversation: Conversation) -> str:
    """The title on the page; that of a personal chat is the bot's name."""
    return roster.bot_account["name"] if conversation.kind == "personal" else conversation.name


def _chat(conversations: Conversations, chat: Conversation, person: Person) -> Json:
    last = next((m for m in reversed(chat.messages) if m.deleted_at is None), None)
    return {
        "id": chat.id,
        "kind": chat.kind,
        "name": conversation_name(conversations.roster, chat),
        "unread": conversations.unread(chat, person),
        "last": None if last is None else {"text": notification(last.activity), "at": last.created_at},
    }
