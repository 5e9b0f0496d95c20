"""What the page in the browser asks and does, as one of the people."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, ConfigDict, Field

from sandbox.company import Person
from sandbox.teams.chat import Chat
from sandbox.teams.conversations import Conversations
from sandbox.teams.events import EventHub
from sandbox.teams.message_views import message_view
from sandbox.teams.page_lists import conversation_lists, conversation_name, people_list
from sandbox.teams.presses import Presses, with_inputs
from sandbox.teams.sandbox_api import find_person
from sandbox.teams.state import Json


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Read(_Request):
    """The person has the conversation open."""

    person: str
    conversation: str


class Say(_Request):
    """A message written into the compose box."""

    person: str
    conversation: str
    text: Annotated[str, Field(min_length=1)]
    reply_to: str | None = None


class PressedAction(_Request):
    """The action as the card holds it."""

    verb: str
    data: Any = None
    id: str | None = None


class Invoke(_Request):
    """A press of a card's button."""

    person: str
    conversation: str
    message: str
    action: PressedAction
    inputs: Json = {}


def page_router(
    conversations: Conversations, hub: EventHub, presses: Presses, chat: Chat, temporal_ui: str | None
) -> APIRouter:
    """The page's own endpoints."""
    router = APIRouter(prefix="/page")
    roster = conversations.roster

    def reader_of(person: str) -> Person:
        return find_person(conversations, person)

    Reader = Annotated[Person, Depends(reader_of)]

    @router.get("/people")
    async def people() -> Json:
        return {
            "people": people_list(roster.company),
            "tenant": roster.company.tenant_name,
            "bot": roster.bot_account,
            "links": {"temporal_ui": temporal_ui},
        }

    @router.get("/state")
    async def lists(reader: Reader) -> Json:
        return conversation_lists(conversations, reader)

    @router.get("/conversations/{conversation_id}/messages")
    async def messages(conversation_id: str, reader: Reader) -> Json:
        conversation = conversations.of_member(conversation_id, reader)
        team = roster.team_of(conversation)
        return {
            "id": conversation.id,
            "kind": conversation.kind,
            "name": conversation_name(roster, conversation),
            "team": None if team is None else team.name,
            "messages": [message_view(roster, m, reader.aad_object_id) for m in conversation.messages],
        }

    @router.get("/events", response_class=EventSourceResponse)
    async def events(reader: Reader) -> AsyncIterator[ServerSentEvent]:
        with hub.listening(reader.aad_object_id) as live:
            # The first bytes tell the page that nothing from here on is missed.
            yield ServerSentEvent(comment="listening")
            async for event in live:
                yield ServerSentEvent(event=event.name, data=event.data)

    @router.post("/read", status_code=204)
    async def read(body: Read) -> None:
        reader = find_person(conversations, body.person)
        conversations.mark_read(conversations.of_member(body.conversation, reader), reader)

    @router.post("/say", status_code=204)
    async def say(body: Say) -> Response:
        person = find_person(conversations, body.person)
        conversation = conversations.of_member(body.conversation, person)
        addressed = body.text.lower().startswith(f"@{roster.bot_account['name']}".lower())
        to_bot = addressed or conversation.kind == "personal"
        message = chat.write(person, conversation, body.text, reply_to=body.reply_to, to_bot=to_bot)
        if to_bot:
            await chat.tell_bot(person, conversation, message)
        return Response(status_code=204)

    @router.post("/invoke")
    async def invoke(body: Invoke) -> Json:
        person = find_person(conversations, body.person)
        conversation = conversations.of_member(body.conversation, person)
        message = conversations.live_message(conversation, body.message)
        action = with_inputs(body.action.model_dump(exclude_none=True), body.inputs)
        return (await presses.press(person, conversation, message, action)).for_page()

    return router
