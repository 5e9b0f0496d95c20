"""The company while things go wrong: its incidents, who presses what, and the locks that stop time.

Ada works in PagerDuty alone; whoever presses buttons is somebody else. So each change in PagerDuty's
records tells by its user whether a button made it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
from temporalio.client import Client, WorkflowExecutionDescription, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from muster.temporal.client import connect
from sandbox.up.supervision.launch import Launched
from tests.chaos.graph import Graph
from tests.sandbox.chats import Chats
from tests.support.connections import KEPT_SHORTLY, async_client
from tests.support.product import Product
from tests.support.settings import settings_for
from tests.support.simulators import Microsoft, PagerDuty, Teams
from tests.support.waiting import eventually

ADA_EMAIL, BO_EMAIL, CY_EMAIL, DI_EMAIL = (f"{name}@acme.example" for name in ("ada", "bo", "cy", "di"))
ACCOUNT = "acme"
SOON = 60
"""Events after which the impatient server suggests to continue as new; 4,096 by default."""
NO_CHANNEL = "PSVC003"
"""A service that no channel is connected to: its incidents are where somebody follows them."""
QUIET_SERVICE = "PQUIET00"
"""A service whose channel nothing else is said in."""
MANY_SERVICES = tuple(f"PMANY{number:02}" for number in range(50))
"""Services of one channel each, beside those of the sandbox's company."""
CHOSE = " chose **"
"""In what everybody reads of a preset that somebody chose."""
TEAMS_PATIENCE = 3000
"""Milliseconds in which Teams wants an answer to a press."""


class Company:
    """Everything that a test of the whole product touches."""

    def __init__(self, http: httpx.AsyncClient, stack: Launched, temporal: Client) -> None:
        self.pagerduty = PagerDuty(http, stack.ready)
        self.teams = Teams(http, stack.ready)
        self.chats = Chats(http, stack.ready["teams"])
        self.microsoft = Microsoft(http, stack.ready)
        self.graph = Graph(stack)
        self.product = Product(http, stack)
        self.temporal = temporal
        self.database_url: str = stack.ready["database_url"]
        self.api: str = stack.ready["api"]
        self.people: list[dict[str, Any]] = stack.ready["people"]
        self.begun: list[Incident] = []

    async def incident(self, *, service: str | None = None) -> "Incident":
        """Something breaks."""
        incident = Incident(self, await self.pagerduty.trigger("Checkout is slow", service=service))
        self.begun.append(incident)
        return incident

    async def resolves_what_is_open(self) -> None:
        """Of what began in this test nothing goes on."""
        for incident in [one for one in self.begun if await one.becomes_resolved()]:
            if await incident.row():
                await incident.ends()

    async def clear_faults(self) -> None:
        """Nothing goes wrong any more."""
        await self.pagerduty.clear_faults()
        await self.teams.clear_faults()

    async def chat_of(self, email: str) -> dict[str, Any]:
        """A person's private chat with the bot."""
        person = next(p["aad_object_id"] for p in self.people if p["email"] == email)
        conversations: list[dict[str, Any]] = (await self.teams.records())["conversations"]
        return next(c for c in conversations if c["kind"] == "personal" and c["members"] == [person])

    @asynccontextmanager
    async def database(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection of the test's own."""
        connection = await asyncpg.connect(self.database_url)
        try:
            yield connection
        finally:
            await connection.close()

    async def rows(self, query: str, *values: Any) -> list[asyncpg.Record]:
        """What the database says."""
        async with self.database() as connection:
            rows: list[asyncpg.Record] = await connection.fetch(query, *values)
            return rows

    async def somebody_waits_for_a_lock(self) -> int:
        """The backend that waits for a lock which the test holds."""
        waiting = """SELECT pid FROM pg_stat_activity
                     WHERE wait_event_type = 'Lock' AND datname = current_database()"""
        await eventually(lambda: self._any(waiting))
        return int((await self.rows(waiting))[0]["pid"])

    async def backends_at(self, lock: str, *, granted: bool) -> list[int]:
        """The backends that hold this advisory lock, or that wait for it; its key is the text's hash."""
        query = """SELECT pid FROM pg_locks
                   WHERE locktype = 'advisory' AND objsubid = 1 AND granted = $2
                     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                     AND (classid::bigint << 32) | objid::bigint = hashtextextended($1, 0)"""
        return [row["pid"] for row in await self.rows(query, lock, granted)]

    async def wait_for_locks(self, statement: str, *, times: int = 1) -> list[int]:
        """Wait until backends wait for a lock with a statement that holds this text; which they are."""
        query = """SELECT pid FROM pg_stat_activity
                   WHERE wait_event_type = 'Lock' AND datname = current_database()
                     AND position($1 IN query) > 0 AND pid <> pg_backend_pid()"""

        async def enough() -> bool:
            return len(await self.rows(query, statement)) >= times

        await eventually(enough)
        return [row["pid"] for row in await self.rows(query, statement)]

    async def end_backends(self, pids: list[int]) -> None:
        """Nothing of what these backends were doing is committed."""
        await self.rows("SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid", pids)

    async def _any(self, query: str, *values: Any) -> bool:
        return bool(await self.rows(query, *values))

    async def restart(self, part: str, *, after: float = 0) -> None:
        """``kill -9`` of a part that comes back."""
        await asyncio.sleep(after)
        self.product.kill(part)
        await self.product.expect_back(part)


class Incident:
    """One incident: what people do about it, and what is seen of it in Teams."""

    def __init__(self, company: Company, incident_id: str) -> None:
        self.id = incident_id
        self.company = company
        self.expected_outcomes = 0
        """Presses that ought to have one outcome each."""
        self.chats: list[str] = []
        """Those in which somebody follows it, beside the channels of its service; ids."""
        self.deleted_chats: list[dict[str, Any]] = []
        """Those of its own that somebody has deleted, as the records had them before."""

    # What happens in PagerDuty

    async def note(self, text: str) -> None:
        """Ada writes a note."""
        await self.company.pagerduty.add_note(self.id, text)

    async def gets_priority(self, priority: str) -> None:
        """Ada gives it another priority."""
        reference = {"type": "priority_reference", "id": priority}
        await self.company.pagerduty.update(self.id, priority=reference)

    async def becomes(self, status: str) -> None:
        """Ada changes its status in PagerDuty."""
        await self.company.pagerduty.update(self.id, status=status)

    async def becomes_resolved(self) -> bool:
        """Ada resolves it, unless it is resolved by now; whether she did."""
        if (await self.company.pagerduty.incident(self.id))["status"] == "resolved":
            return False
        await self.becomes("resolved")
        return True

    async def changes_by_buttons(self) -> list[str]:
        """The statuses that presses brought about, in order."""
        ada = next(person["pagerduty_user"] for person in self.company.people if person["email"] == ADA_EMAIL)
        return [status for user, status in await self.company.pagerduty.changes(self.id) if user != ada]

    async def writes(self) -> list[dict[str, Any]]:
        """Every change that PagerDuty was asked for, whatever it answered: those it has dealt with."""
        writes = (await self.company.pagerduty.records())["writes"]
        return [write for write in writes if write["path"] == f"/incidents/{self.id}"]

    @property
    def write_lock(self) -> str:
        """The text behind the lock under which one at a time tells PagerDuty about this incident."""
        return f"write/{ACCOUNT}/{self.id}"

    # What happens in Teams

    async def click(
        self,
        verb: str,
        *,
        by: str = BO_EMAIL,
        place: str | None = None,
        message: Mapping[str, Any] | None = None,
        deliveries: list[dict[str, Any]] | None = None,
    ) -> list[dict[str, Any]]:
        """Somebody presses a button of the live card (in this conversation), or of another message.

        Returns the answers.
        """
        message = message or await self.card(place)
        self.expected_outcomes += 1
        return await self.company.teams.click(
            person=by,
            conversation=message["conversation"],
            message=message["id"],
            verb=verb,
            data=message.get("data"),
            deliveries=deliveries or [{}],
        )

    async def messages(self) -> list[dict[str, Any]]:
        """Every message of the bot's with a card of this incident, oldest first."""
        return [
            {**message, "conversation": conversation["id"]}
            for conversation in (await self.company.teams.records())["conversations"]
            if conversation["kind"] == "channel" or conversation["id"] in self.chats
            for message in conversation["messages"]
            if is_card(message, self.id)
        ]

    async def card(self, place: str | None = None) -> dict[str, Any]:
        """The message that the row names: that of this conversation, of its one channel, or the only row."""
        rows = [row for row in await self.row() if place in (None, row["conversation"])]
        (row,) = [row for row in rows if row["conversation"] not in self.chats] or rows
        return next(message for message in await self.messages() if message["id"] == row["activity_id"])

    async def row(self) -> list[asyncpg.Record]:
        """What Muster knows of the card, in each conversation."""
        return await self.company.rows("SELECT * FROM incident_card WHERE incident_id = $1", self.id)

    async def shows(self, *texts: str, within: float = 30) -> None:
        """Wait until a living message shows all of this."""

        async def true() -> bool:
            latest = [str(m["versions"][-1]) for m in await self.messages() if not m["deleted_at"]]
            return any(all(text in card for text in texts) for card in latest)

        await eventually(true, within=within)

    async def agrees(self, *texts: str, within: float = 30) -> None:
        """Wait until the live card shows all of this in every conversation where it is followed."""

        async def true() -> bool:
            rows = await self._rows_of_living()
            followed = [row["activity_id"] for row in rows if row["stopped_at"] is None]
            living = {m["id"]: str(m["versions"][-1]) for m in await self.messages() if not m["deleted_at"]}
            return all(text in living.get(card, "") for card in followed for text in texts)

        await eventually(true, within=within)

    async def shown_and_recorded(self) -> None:
        """Wait until the first card is there and known, in each conversation."""

        async def true() -> bool:
            rows = await self._rows_of_living()
            return bool(rows) and all(row["marker"] for row in rows)

        await eventually(true)

    async def _rows_of_living(self) -> list[asyncpg.Record]:
        """Those of conversations that nobody has deleted."""
        deleted = {chat["id"] for chat in self.deleted_chats}
        return [row for row in await self.row() if row["conversation"] not in deleted]

    async def said(self, place: str | None = None) -> list[str]:
        """The lines beside its cards, in this conversation or in its channels."""
        return [
            line
            for conversation in (await self.company.teams.records())["conversations"]
            if conversation["id"] == place or (place is None and conversation["kind"] == "channel")
            for line in lines_beside(conversation, self.id)
        ]

    async def told_privately(self, email: str) -> list[str]:
        """What Muster wrote to a person alone about this incident."""
        person = next(p["aad_object_id"] for p in self.company.people if p["email"] == email)
        return [
            message["versions"][-1]["activity"]["text"]
            for conversation in (await self.company.teams.records())["conversations"]
            for message in conversation["messages"]
            if message["to"] == person or conversation["members"] == [person]
            if self.id in str(message)
        ]

    async def outcomes(self) -> list[str]:
        """How its presses ended."""
        query = "SELECT outcome FROM click WHERE incident_id = $1 ORDER BY received_at"
        return [row["outcome"] for row in await self.company.rows(query, self.id)]

    # Its runs

    async def runs(self) -> list[WorkflowExecutionDescription]:
        """The latest run in each conversation, and of its own chat where somebody asked for one."""
        keys = await self.company.rows(
            """SELECT key FROM incident_card k JOIN conversation c ON c.id = k.conversation
               WHERE k.incident_id = $1""",
            self.id,
        )
        ids = [f"incident/{ACCOUNT}/{self.id}/{row['key']}" for row in keys]
        if await self.company.rows("SELECT FROM incident_room WHERE incident_id = $1", self.id):
            ids.append(f"room/{ACCOUNT}/{self.id}")
        return [await self.company.temporal.get_workflow_handle(name).describe() for name in ids]

    async def ends(self, *, within: float = 60) -> None:
        """Wait until every event has been accepted and every run has ended: nothing more will happen."""
        await eventually(self._delivered, within=within)
        await eventually(self._over, within=within)

    async def _delivered(self) -> bool:
        webhooks = await self.company.pagerduty.webhooks(self.id)
        return all(webhook["state"] != "waiting" for webhook in webhooks)

    async def _over(self) -> bool:
        try:
            runs = await self.runs()
        except RPCError as error:
            # A run that a registered card is still to get.
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise
        return bool(runs) and all(run.status is WorkflowExecutionStatus.COMPLETED for run in runs)


def is_card(message: Mapping[str, Any], incident: str) -> bool:
    """Whether a message is a card of the incident's that the bot posted; a person may share a picture."""
    is_one = message["to"] is message["reply_to"] is None and "AdaptiveCard" in str(message["versions"][0])
    return is_one and is_bots(message) and incident in str(message)


def lines_beside(conversation: Mapping[str, Any], incident: str) -> list[str]:
    """What the bot says beside the cards of an incident: in their threads, in a chat in messages.

    In a chat all is the incident's, as a test follows one in each, but for the answer to ``updates``.
    """
    messages = [one for one in conversation["messages"] if one["to"] is None and is_bots(one)]
    cards = {one["id"] for one in messages if is_card(one, incident)}
    if conversation["kind"] == "channel":
        beside = [one for one in messages if one["reply_to"] in cards]
    else:
        beside = [one for one in messages if one["id"] not in cards]
    lines: list[str] = [one["versions"][0]["activity"]["text"] for one in beside]
    return [line for line in lines if conversation["kind"] == "channel" or CHOSE not in line]


def is_bots(message: Mapping[str, Any]) -> bool:
    """Whether the bot wrote the message."""
    author: str = message["versions"][0]["activity"]["from"]["id"]
    return author.startswith("28:")


@dataclass(frozen=True)
class QuietPlace:
    """A conversation in which nothing else is said, and how an incident begins that is there alone.

    So a fault of this conversation's hits nothing that an earlier test left to be said.
    """

    conversation: str
    begins: Callable[[], Awaitable[Incident]]


def channel_of(service: str) -> str:
    """The channel of a service that has one of its own."""
    return f"19:{service}@thread.tacv2"


@asynccontextmanager
async def holding(company: Company, statement: str, *values: Any) -> AsyncIterator[None]:
    """Keep the locks that a statement takes until the block ends."""
    async with company.database() as connection, connection.transaction():
        await connection.execute(statement, *values)
        yield


@asynccontextmanager
async def holding_card(incident: Incident) -> AsyncIterator[None]:
    """Keep the card's row locked: whatever Muster would commit about it has to wait."""
    row = "SELECT FROM incident_card WHERE incident_id = $1 FOR UPDATE"
    async with holding(incident.company, row, incident.id):
        yield


@asynccontextmanager
async def at_work(stack: Launched) -> AsyncIterator[Company]:
    """The company of a running product; all faults are gone at the end."""
    async with async_client(limits=KEPT_SHORTLY) as http:
        temporal = await connect(settings_for("postgresql://unused", stack.ready["temporal"]))
        company = Company(http, stack, temporal)
        yield company
        await company.clear_faults()
