"""``/_sandbox``: what tests do in conversations and read from them. Teams have a module of their own."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from sandbox.teams.card_actions import SENT, find_action
from sandbox.teams.clicks import Clicks, with_inputs
from sandbox.teams.conversations import Conversations, split_thread
from sandbox.teams.deliveries import ANSWER, NEW_ID, Waits
from sandbox.teams.lookups import find_person
from sandbox.teams.message_extension import MessageExtension
from sandbox.teams.records import records
from sandbox.teams.state import Json, Message
from sandbox.teams.user_actions import UserActions


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Delivery(_Request):
    """One delivery of a click to the bot."""

    after: Annotated[float, Field(ge=0)] = 0
    new_id: bool = False


class Click(_Request):
    """A click on a button."""

    person: str
    conversation: str
    message: str
    verb: str
    data: Any = None
    inputs: Json = {}
    deliveries: Annotated[tuple[Delivery, ...], Field(min_length=1)] = (Delivery(),)


class Say(_Request):
    """A message to the bot."""

    person: str
    conversation: str
    text: Annotated[str, Field(min_length=1)]


class Deletion(_Request):
    """A message that a person deletes."""

    person: str
    conversation: str
    message: str


class WaitTimes(_Request):
    """Seconds that Teams waits for an answer, and until it delivers a click again under a new id."""

    answer: Annotated[float, Field(gt=0)] = ANSWER
    new_id: Annotated[float, Field(ge=0)] = NEW_ID


def sandbox_router(
    conversations: Conversations,
    clicks: Clicks,
    user_actions: UserActions,
    extension: MessageExtension,
    waits: Waits,
    reset: Callable[[], Awaitable[None]],
) -> APIRouter:
    """The routes under ``/_sandbox``."""
    router = APIRouter(prefix="/_sandbox")

    @router.get("/records")
    async def read_records() -> Json:
        return records(conversations)

    @router.post("/click")
    async def click(body: Click) -> Json:
        person = find_person(conversations, body.person)
        conversation = conversations.get_to_write(body.conversation, person)
        message = conversation.message(body.message)
        if message is None or not message.is_for(person.aad_object_id):
            raise HTTPException(404, f"no message {body.message} in this conversation")
        action = with_inputs(_action(message, body), body.inputs)
        if extension.offers_app(conversation, message):
            return {"answers": [], "offers_app": True}
        deliveries = [(d.after, d.new_id) for d in body.deliveries]
        answers = await clicks.click_with_deliveries(person, conversation, message, action, deliveries)
        told = [{"status": a.status, "body": a.body, "ms": a.ms} for a in answers]
        return {"answers": told, "offers_app": False}

    @router.post("/say")
    async def say(body: Say) -> Json:
        person = find_person(conversations, body.person)
        conversation = conversations.get_to_write(body.conversation, person)
        if conversation.kind == "group" and not conversations.bot_is_in(conversation):
            raise HTTPException(409, "the app is not in this chat")
        thread = split_thread(body.conversation)[1]
        message = user_actions.write_to_bot(person, conversation, body.text, thread)
        return {"id": message.id, "status": await user_actions.deliver_to_bot(person, conversation, message)}

    @router.post("/delete", status_code=204)
    async def delete(body: Deletion) -> None:
        person = find_person(conversations, body.person)
        user_actions.delete(person, conversations.get_to_write(body.conversation, person), body.message)

    @router.post("/waits", status_code=204)
    async def wait(body: WaitTimes) -> None:
        waits.answer, waits.new_id = body.answer, body.new_id

    @router.post("/reset", status_code=204)
    async def start_over() -> None:
        await reset()

    return router


def _action(message: Message, body: Click) -> Json:
    """The clicked action, with the request's data, or without any with the data of the message's card."""
    if body.data is not None:
        return {"verb": body.verb, "data": body.data}
    action = find_action(message, body.verb)
    if action is None:
        raise HTTPException(404, f"the message's card has no action with the verb {body.verb}")
    return {name: action[name] for name in SENT if name in action}
