"""Lives of rooms with whose chats programs do something; ``lives`` lists them."""

import asyncio

from tests.support.life import ADA, BO, CY
from tests.workflows.incident_room.running import Run
from workflows.errors import ConsentMissing, Forbidden, ProviderUnavailable
from workflows.incident_room.activities import ARCHIVE_ROOM, DELETE_CHAT, MARK_ARCHIVED
from workflows.incident_room.messages import ArchiveChat, ChangeMembers, DeleteChat, SetTopic
from workflows.incident_room.workflow_type import ADD_MEMBERS, REMOVE_MEMBERS
from workflows.members import NamedPerson


async def room_orders(run: Run) -> None:
    """A chat of its own name is renamed, changed and archived; the next one is deleted in the end."""
    outside, life = run.outside, run.life
    await run.ask(run.order(DeleteChat))
    await run.ends()
    outside.absent = {"PUSER09": "no_account"}
    await run.ask(run.program(owner="PUSER09"))
    await run.ends()
    await run.ask(run.program(owner=ADA.id, name="War room", preset="no_updates", operation="op-1"))
    await run.is_idle()
    named = tuple(NamedPerson(user=one) for one in (CY.id, "PUSER09"))
    await asyncio.gather(
        run.ask(run.order(ChangeMembers, people=named), update=ADD_MEMBERS.name),
        run.ask(run.order(SetTopic, topic="War room: 42")),
        run.ask(run.order(SetTopic, topic=":")),
    )
    await run.ask(run.order(ChangeMembers, people=(NamedPerson(user=BO.id),)), update=REMOVE_MEMBERS.name)
    await run.hears(life.asks_for_help(CY), life.is_answered(CY, "declined"))
    await run.is_idle()
    outside.fails(DELETE_CHAT, Forbidden("403"))
    await run.ask(run.order(DeleteChat))
    outside.fails(MARK_ARCHIVED, ConsentMissing("no consent", code="Chat.ReadWrite.All"))
    outside.fails(ARCHIVE_ROOM, ProviderUnavailable("503"))
    await run.ask(run.order(ArchiveChat, people_leave=True))
    await run.ends()
    await run.hears(life.is_noted("what is in it stays"))
    await run.ends()
    await run.ask()
    await run.is_idle()
    outside.fails(DELETE_CHAT, ProviderUnavailable("503"))
    await run.hand_over(run.order(DeleteChat, operation="op-2"))
    await run.ends()
