"""An incident's chat with its real run, and a program that wants something done with it.

Microsoft is a fake at the contract's rows; the operations' rows are Postgres'.
"""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx

from activities.operations import OperationActivities
from activities.registration import registered
from muster.store import rooms
from tests.api.public import SOON
from tests.api.public_stack import Program, Stack
from tests.support.pagerduty_account import COMPANY
from tests.workflows.incident_room.outside import Chat, FakeActivities
from tests.workflows.incident_room.running import PATIENT, Run
from tests.workflows.working import working
from workflows.incident_room.messages import RoomKey
from workflows.incident_room.workflow import IncidentRoomWorkflow

TOPIC = "Incident #42 Checkout latency"


@dataclass
class ProgramsChat:
    """The chat, as a program and Microsoft see it."""

    program: Program
    stack: Stack
    outside: FakeActivities
    run: Run

    @property
    def incident(self) -> str:
        return self.outside.life.incident_id

    @property
    def room(self) -> RoomKey:
        return RoomKey(account="acme", incident_id=self.incident)

    @property
    def chat(self) -> Chat:
        found = self.outside.chat
        assert found is not None
        return found

    @property
    def path(self) -> str:
        return f"/v1/incidents/{self.incident}/chat"

    async def calls(
        self, method: str, below: str = "", body: Any = None, *, key: str | None = None
    ) -> httpx.Response:
        """One call about the chat."""
        return await self.program.calls(method, self.path + below, body, key=key)

    @asynccontextmanager
    async def impatient(self) -> AsyncIterator["ProgramsChat"]:
        """The same, as an API calls it that soon answers 202."""
        async with self.stack.program(replace(self.program.api, answer_within=SOON)) as program:
            yield replace(self, program=program)

    async def is_made(self) -> None:
        """Somebody pressed **Create Chat**, and everything is in sync."""
        answer = await self.run.ask()
        assert answer.outcome.kind == "done"
        await self.run.is_idle()
        await self.has_row()

    async def has_row(self) -> None:
        """The room's row says that the chat is there."""
        pool = self.stack.pool
        await rooms.open_room(pool, self.room, tenant=COMPANY.tenant_id)
        began_at = await rooms.begin(pool, self.room, topic=TOPIC, owner="ada")
        await rooms.note_made(pool, self.room, began_at=began_at, chat=f"19:{self.incident}", url="")

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """A worker for the run."""
        own = [one for one in self.outside.activities() if one.__name__ != "record_operation"]
        recording = registered(OperationActivities(self.stack.pool))
        async with working(
            self.stack.client, self.run.queue, IncidentRoomWorkflow, [*own, *recording], cached=100
        ):
            yield


@asynccontextmanager
async def programs_chat(stack: Stack, outside: FakeActivities | None = None) -> AsyncIterator[ProgramsChat]:
    """An incident without a chat, at an API of its own; nobody works for its run yet."""
    outside, queue = outside or FakeActivities(), f"q-{uuid.uuid4().hex[:8]}"
    async with stack.another(task_queue=queue) as api, stack.program(api) as program:
        run = Run(stack.client, outside, PATIENT, queue=queue)
        await stack.pool.execute(
            "INSERT INTO incident_card (account, incident_id, conversation) SELECT 'acme', $1, id "
            "FROM conversation WHERE key = 'payments-ops'",
            outside.life.incident_id,
        )
        yield ProgramsChat(program, stack, outside, run)


@asynccontextmanager
async def made_chat(stack: Stack, outside: FakeActivities | None = None) -> AsyncIterator[ProgramsChat]:
    """An incident whose chat is there, and a worker."""
    async with programs_chat(stack, outside) as chat, chat.working():
        await chat.is_made()
        yield chat
