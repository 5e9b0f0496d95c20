"""``/_sandbox``: what tests do to Teams and read from it."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from sandbox.company import Person, Team
from sandbox.teams.card_actions import find_action
from sandbox.teams.clicks import Clicks, with_inputs
from sandbox.teams.conversations import Conversations, split_thread
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


class Installation(_Request):
    """Where to install the bot, or to remove it from: a team, or without one the person's own chat."""

    person: str
    team: str | None = None


def sandbox_router(
    conversations: Conversations,
    clicks: Clicks,
    user_actions: UserActions,
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
        conversation = conversations.get_as_member(body.conversation, person)
        message = conversation.message(body.message)
        if message is None:
            raise HTTPException(404, f"no message {body.message} in this conversation")
        action = with_inputs(_action(message, body), body.inputs)
        deliveries = [(d.after, d.new_id) for d in body.deliveries]
        answers = await clicks.click_with_deliveries(person, conversation, message, action, deliveries)
        return {"answers": [{"status": a.status, "body": a.body, "ms": a.ms} for a in answers]}

    @router.post("/say")
    async def say(body: Say) -> Json:
        person = find_person(conversations, body.person)
        conversation = conversations.get_as_member(body.conversation, person)
        message = user_actions.write(
            person, conversation, body.text, reply_to=split_thread(body.conversation)[1], to_bot=True
        )
        return {"id": message.id, "status": await user_actions.deliver_to_bot(person, conversation, message)}

    @router.post("/delete", status_code=204)
    async def delete(body: Deletion) -> None:
        person = find_person(conversations, body.person)
        user_actions.delete(person, conversations.get_as_member(body.conversation, person), body.message)

    @router.post("/install")
    async def install(body: Installation) -> Json:
        person, team = _installer(body)
        return {"statuses": await user_actions.install(person, team)}

    @router.post("/uninstall")
    async def uninstall(body: Installation) -> Json:
        person, team = _installer(body)
        return {"statuses": await user_actions.uninstall(person, team)}

    @router.post("/reset", status_code=204)
    async def start_over() -> None:
        await reset()

    def _installer(body: Installation) -> tuple[Person, Team | None]:
        person = find_person(conversations, body.person)
        if body.team is None:
            return person, None
        team = conversations.roster.team(body.team)
        if team is None:
            raise HTTPException(404, f"no team {body.team}")
        if person.aad_object_id not in team.members:
            raise HTTPException(403, f"{person.name} is not in {team.name}")
        return person, team

    return router


def find_person(conversations: Conversations, key: str) -> Person:
    """The person with this AAD object id or e-mail; raises 404."""
    person = conversations.roster.person(key)
    if person is None:
        raise HTTPException(404, f"no person {key}")
    return person


def _action(message: Message, body: Click) -> Json:
    """The clicked action, with the request's data, or without any with the data of the message's card."""
    if body.data is not None:
        return {"verb": body.verb, "data": body.data}
    action = find_action(message, body.verb)
    if action is None:
        raise HTTPException(404, f"the message's card has no action with the verb {body.verb}")
    return {name: action[name] for name in ("id", "verb", "data") if name in action}
