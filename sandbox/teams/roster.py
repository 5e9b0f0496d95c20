"""The company's people, teams and channels as Teams accounts and conversations."""

import uuid

from sandbox.company import Company, Person, Team
from sandbox.teams.state import Conversation, Json, State


class Roster:
    """Look-ups of accounts, memberships and installations of the bot."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.bot_account: Json = {"id": f"28:{company.bot_app_id}", "name": company.bot_name}
        self.nobody: Json = {"id": f"29:1{uuid.uuid5(uuid.UUID(company.tenant_id), 'nobody').hex}"}
        """The sender of what a policy or Graph did: an account of no person."""
        self._teams = {team.id: team for team in company.teams}

    def person(self, key: str) -> Person | None:
        """The person with this AAD object id, e-mail or ``29:`` id, or None."""
        return self.company.person(key)

    def account(self, person: Person) -> Json:
        """The person as the ``from`` of an activity."""
        return {"id": person.teams_id, "name": person.name, "aadObjectId": person.aad_object_id}

    def member_account(self, person: Person) -> Json:
        """The person in the member calls, with the keys that Teams adds to the connector's schema."""
        given_name, _, surname = person.name.partition(" ")
        return self.account(person) | {
            "email": person.email,
            "userPrincipalName": person.email,
            "givenName": given_name,
            "surname": surname,
            "tenantId": self.company.tenant_of(person),
            "userRole": "user",
        }

    def team_of(self, conversation: Conversation) -> Team | None:
        """The team of a channel, with the name that it began with; None for a chat."""
        return None if conversation.team is None else self._teams[conversation.team]

    def personal_chat_id(self, person: Person) -> str:
        """The id of the person's chat with the bot; it stays the same after a reset."""
        chat = uuid.uuid5(uuid.UUID(self.company.bot_app_id), person.aad_object_id)
        return f"a:1{chat.hex}"

    def initial_state(self, last_message_id: int) -> State:
        """All conversations, without messages. The bot is in every team if a service is connected."""
        channels = [
            Conversation(id=c.id, kind="channel", name=c.name, team=t.id, members=list(t.members))
            for t in self.company.teams
            for c in t.channels
        ]
        chats = [
            Conversation(id=self.personal_chat_id(p), kind="personal", name=p.name, members=[p.aad_object_id])
            for p in self.company.people
        ]
        return State(
            last_message_id=last_message_id,
            installed_teams={t.id for t in self.company.teams} if self.company.connections else set(),
            conversations={c.id: c for c in [*channels, *chats]},
        )

    def bot_is_in(self, state: State, conversation: Conversation) -> bool:
        """Whether the bot may send messages there; in a personal chat a team in common is enough."""
        if conversation.kind == "channel":
            of_the_team = conversation.type == "standard" or conversation.has_app
            return of_the_team and not conversation.deleted and conversation.team in _with_the_bot(state)
        if conversation.kind == "group":
            return conversation.has_app
        if conversation.id in state.closed_chats:
            return False
        (member,) = conversation.members
        return member in state.personal_installs or any(
            # General has the team's id, and its members.
            member in state.conversations[team].members
            for team in _with_the_bot(state)
        )


def _with_the_bot(state: State) -> set[str]:
    return state.installed_teams - state.deleted_teams
