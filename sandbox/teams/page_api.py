"""``/page``: the calls of the page in the browser, which acts as one of the people."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, ConfigDict, Field

from sandbox.company import Person
from sandbox.teams.clicks import Clicks, with_inputs
from sandbox.teams.conversations import Conversations
from sandbox.teams.invoke_answers import InvokeResult
from sandbox.teams.lookups import find_person
from sandbox.teams.message_extension import MessageExtension
from sandbox.teams.message_views import message_view
from sandbox.teams.page_lists import (
    conversation_lists,
    conversation_members,
    conversation_name,
    people_list,
)
from sandbox.teams.sandbox_api import Deletion
from sandbox.teams.server_sent_events import ServerSentEvents
from sandbox.teams.state import Json
from sandbox.teams.teams import Teams
from sandbox.teams.user_actions import UserActions


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Read(_Request):
    """The person read the conversation."""

    person: str
    conversation: str


class Say(_Request):
    """The person wrote a message."""

    person: str
    conversation: str
    text: Annotated[str, Field(min_length=1)]
    reply_to: str | None = None


class ClickedAction(_Request):
    """The action as it is in the card."""

    verb: str
    data: Any = None
    id: str | None = None


class Invoke(_Request):
    """The person clicked a button of a card."""

    person: str
    conversation: str
    message: str
    action: ClickedAction
    inputs: Json = {}


def page_router(
    conversations: Conversations,
    server_sent_events: ServerSentEvents,
    clicks: Clicks,
    user_actions: UserActions,
    extension: MessageExtension,
    temporal_ui: str | None,
) -> APIRouter:
    """The routes of the page."""
    router = APIRouter(prefix="/page")
    roster, teams = conversations.roster, Teams(conversations)

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
        conversation = conversations.get_as_member(conversation_id, reader)
        team = teams.of(conversation)
        return {
            "id": conversation.id,
            "kind": conversation.kind,
            "name": conversation_name(conversations, conversation, reader),
            "team": None if team is None else team.name,
            "archived": conversations.is_archived(conversation),
            "members": conversation_members(conversations, conversation),
            "messages": [
                message_view(roster, m, reader.aad_object_id)
                for m in conversation.messages
                if m.is_shown_to(reader.aad_object_id)
            ],
        }

    @router.get("/events", response_class=EventSourceResponse)
    async def events(reader: Reader) -> AsyncIterator[ServerSentEvent]:
        with server_sent_events.listening(reader.aad_object_id) as stream:
            # After the first bytes the page knows that it misses no event.
            yield ServerSentEvent(comment="listening")
            async for event in stream:
                yield ServerSentEvent(event=event.name, data=event.data)

    @router.post("/read", status_code=204)
    async def read(body: Read) -> None:
        reader = find_person(conversations, body.person)
        conversations.mark_read(conversations.get_as_member(body.conversation, reader), reader)

    @router.post("/say", status_code=204)
    async def say(body: Say) -> Response:
        person = find_person(conversations, body.person)
        conversation = conversations.get_to_write(body.conversation, person)
        message = user_actions.write(person, conversation, body.text, body.reply_to)
        if user_actions.is_for_bot(conversation, message):
            await user_actions.deliver_to_bot(person, conversation, message)
        return Response(status_code=204)

    @router.post("/delete", status_code=204)
    async def delete(body: Deletion) -> None:
        person = find_person(conversations, body.person)
        conversation = conversations.get_to_write(body.conversation, person)
        user_actions.delete(person, conversation, body.message)

    @router.post("/invoke")
    async def invoke(body: Invoke) -> Json:
        person = find_person(conversations, body.person)
        conversation = conversations.get_to_write(body.conversation, person)
        message = conversations.message_for(conversation, body.message, person)
        if extension.offers_app(conversation, message):
            return InvokeResult("offers_app").for_page()
        action = with_inputs(body.action.model_dump(exclude_none=True), body.inputs)
        return (await clicks.click(person, conversation, message, action)).for_page()

    return router
