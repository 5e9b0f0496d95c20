"""People, teams, channels and chats that a request names, or the HTTP error that says which is missing."""

from fastapi import HTTPException

from sandbox.company import Person, Team
from sandbox.teams.chats import Chats
from sandbox.teams.conversations import Conversations
from sandbox.teams.state import Conversation
from sandbox.teams.teams import Teams


def find_person(conversations: Conversations, key: str) -> Person:
    """The person with this AAD object id or e-mail; raises 404."""
    person = conversations.roster.person(key)
    if person is None:
        raise HTTPException(404, f"no person {key}")
    return person


def find_team(teams: Teams, key: str, person: Person) -> Team:
    """The team with this id or name, of which the person is a member; raises 404 or 403."""
    team = teams.find(key)
    if team is None or teams.is_deleted(team):
        raise HTTPException(404, f"no team {key}")
    if not teams.has_member(team, person):
        raise HTTPException(403, f"{person.name} is not in {team.name}")
    return team


def find_chat(chats: Chats, key: str, person: Person | None) -> Conversation:
    """The group chat with this id, of which the person, if there is one, is a member; raises 404 or 403."""
    chat = chats.find(key)
    if chat is None:
        raise HTTPException(404, f"no group chat {key}")
    if person is not None and person.aad_object_id not in chat.members:
        raise HTTPException(403, f"{person.name} is not in this chat")
    return chat


def find_channel(teams: Teams, team: Team, key: str) -> str:
    """The id of the team's channel with this id or name; raises 404."""
    channel = teams.channel(team, key)
    if channel is None or channel.deleted:
        raise HTTPException(404, f"no channel {key} in {team.name}")
    return channel.id
