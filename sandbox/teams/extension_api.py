"""``/_sandbox`` and ``/page``: searching for a card, sharing it, and seeing it anew."""

from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, ValidationError

from sandbox.company import Person
from sandbox.teams.bot_endpoint import BotAnswer
from sandbox.teams.conversations import Conversations
from sandbox.teams.extension_answers import check_result, for_searcher
from sandbox.teams.lookups import find_person
from sandbox.teams.message_extension import MessageExtension
from sandbox.teams.refreshes import Refreshes
from sandbox.teams.state import Conversation, Json
from sandbox.teams.user_actions import UserActions


class Visit(BaseModel):
    """The person sees the conversation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    person: str
    conversation: str


class Search(Visit):
    """What the person typed; nothing where they have just opened the search."""

    query: str = ""


class Share(Visit):
    """A result, as the answer to a search holds it, and the message of a channel that it replies to."""

    result: Json
    reply_to: str | None = None


def extension_router(
    prefix: str,
    conversations: Conversations,
    extension: MessageExtension,
    user_actions: UserActions,
    refreshes: Refreshes,
) -> APIRouter:
    """The routes under the prefix: ``/search``, ``/share``, ``/visit``."""
    router = APIRouter(prefix=prefix)

    def place(body: Visit) -> tuple[Person, Conversation]:
        person = find_person(conversations, body.person)
        return person, conversations.get_as_member(body.conversation, person)

    @router.post("/search")
    async def search(body: Search) -> Json:
        person, conversation = place(body)
        answer = await extension.search(person, conversation, body.query)
        return _told(answer) | for_searcher(answer)

    @router.post("/share")
    async def share(body: Share) -> Json:
        person = find_person(conversations, body.person)
        conversation = conversations.get_to_write(body.conversation, person)
        try:
            card = check_result(body.result)
        except ValidationError:
            raise HTTPException(422, "the result is none that Teams can share") from None
        message = user_actions.share(person, conversation, card, body.reply_to)
        refreshes.seen(person, conversation, message)
        offers_app = extension.offers_app(conversation, message)
        if user_actions.is_for_bot(conversation, message):
            await user_actions.deliver_to_bot(person, conversation, message)
        return {"message": message.id, "offers_app": offers_app}

    @router.post("/visit")
    async def visit(body: Visit) -> Json:
        refreshed = await refreshes.visit(*place(body))
        return {"refreshed": [{"message": one.message} | _told(one.answer) for one in refreshed]}

    return router


def _told(answer: BotAnswer) -> dict[str, Any]:
    return {"status": answer.status, "body": answer.body, "ms": answer.ms}
