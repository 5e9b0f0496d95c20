"""``/_sandbox`` and ``/page``: what people do to group chats. The page does not wait for the bot."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from sandbox.teams.announcements import Announcements
from sandbox.teams.chat_life import ChatEventRequest, ChatLife, NewChat
from sandbox.teams.chats import Chats
from sandbox.teams.conversations import Conversations
from sandbox.teams.installations import Installations
from sandbox.teams.lookups import find_chat, find_person
from sandbox.teams.state import Json

Tell = Callable[[list[Json]], Awaitable[Json]]


class InChat(BaseModel):
    """The person adds the app to a chat or removes it: a group chat, or their own chat with the app."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    person: str
    conversation: str
    added: bool


def chats_api_router(chat_life: ChatLife, announcements: Announcements) -> APIRouter:
    """The routes under ``/_sandbox`` about group chats; adding the app is ``/_sandbox/install``."""

    async def tell(activities: list[Json]) -> Json:
        return {"statuses": await announcements.deliver(activities)}

    return _router("/_sandbox", chat_life, tell)


def page_chats_router(
    conversations: Conversations,
    chat_life: ChatLife,
    installations: Installations,
    announcements: Announcements,
) -> APIRouter:
    """The routes of the page about chats."""

    async def tell(activities: list[Json]) -> Json:
        announcements.deliver_in_background(activities)
        return {}

    router = _router("/page", chat_life, tell)

    @router.post("/app", status_code=204)
    async def app(body: InChat) -> None:
        person = find_person(conversations, body.person)
        if conversations.get_as_member(body.conversation, person).kind == "personal":
            (installations.install_for if body.added else installations.uninstall_for)(person)
            return
        chat = find_chat(Chats(conversations), body.conversation, person)
        change = installations.install_in_chat if body.added else installations.uninstall_from_chat
        announcements.deliver_in_background(change(person, chat))

    return router


def _router(prefix: str, chat_life: ChatLife, tell: Tell) -> APIRouter:
    router = APIRouter(prefix=prefix)

    @router.post("/chats", status_code=201)
    async def open_chat(body: NewChat) -> Json:
        return {"chat": chat_life.open(body).id}

    @router.post("/chat")
    async def change_chat(body: ChatEventRequest) -> Json:
        return await tell(chat_life.happen(body))

    return router
