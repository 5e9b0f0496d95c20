"""The app in a group chat and in the organization's catalog, as Graph installs and lists it."""

import base64
import re
import uuid
from collections.abc import Mapping

from sandbox.company import Company
from sandbox.graph_errors import GraphError, bad_request, not_found
from sandbox.teams.chats import Chats
from sandbox.teams.conversations import Conversations
from sandbox.teams.graph.bodies import wanted_app
from sandbox.teams.state import Conversation, Json

_BY_MANIFEST = re.compile(r"externalId eq '(?P<id>[^']*)'")


def catalog_id_of(company: Company) -> str:
    """The id that the catalog gave the company's app: not the one in its manifest."""
    return str(uuid.uuid5(uuid.UUID(company.bot_app_id), "in the catalog"))


class GraphApps:
    """Installs the one app that the catalog has. Every method raises GraphError."""

    def __init__(self, conversations: Conversations) -> None:
        self._company = conversations.roster.company
        self._chats = Chats(conversations)

    def install(self, chat: Conversation, body: Json) -> str:
        """Bring the app into the chat; the id of its installation.

        The bot is told nothing, as happens with the original (issues 13246 and 14275 of
        MicrosoftDocs/msteams-docs).
        """
        if wanted_app(body) != catalog_id_of(self._company):
            raise not_found("No app with this id was found in the catalog.")
        if chat.has_app:
            raise GraphError(409, "Conflict", "The app is already installed in this chat.")
        self._chats.set_app(chat, has_app=True)
        chat.installation = base64.b64encode(f"{chat.id}##{wanted_app(body)}".encode()).decode()
        return chat.installation

    def in_chat(self, chat: Conversation) -> list[Json]:
        """The installations of apps in a chat."""
        return [{"id": chat.installation or "installed-by-a-person"}] if chat.has_app else []

    def in_catalog(self, query: Mapping[str, str]) -> list[Json]:
        """The apps of the catalog with the manifest's id that the filter names."""
        found = _BY_MANIFEST.fullmatch(query.get("$filter", ""))
        if found is None:
            raise bad_request("This simulator finds apps by externalId alone.")
        if found["id"] != self._company.bot_app_id:
            return []
        app = {"displayName": self._company.bot_name, "distributionMethod": "organization"}
        return [{"id": catalog_id_of(self._company), "externalId": self._company.bot_app_id} | app]
