"""A service and a channel: what Di does in Teams to connect the two, and what is known of it."""

from collections.abc import Mapping
from typing import Any

import asyncpg
from temporalio.client import WorkflowExecutionDescription, WorkflowExecutionStatus, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from sandbox.company import Channel
from tests.chaos.company import DI_EMAIL, Company
from tests.support.waiting import eventually
from workflows.connect_channel.workflow_type import CONNECT_SERVICE
from workflows.ids import ConnectChannelId

CONNECTED, WELCOME = "Service connected", "PagerDuty's incidents arrive in this channel"
"""Titles of what a channel is shown."""
_TITLES = (CONNECTED, "Service disconnected", "Connecting", WELCOME)


class Place:
    """A service and a channel, which are not connected yet."""

    def __init__(self, company: Company, channel: Channel, service: str) -> None:
        self.company = company
        self.channel, self.service = channel, service

    async def connect(self) -> None:
        """Di writes ``connect``, and presses the button of the card that comes."""
        await self._say(f"connect {self.service}")
        await eventually(self._offers)
        offer = (await self._offers())[-1]
        (answer,) = await self.company.teams.click(
            person=DI_EMAIL, conversation=self.channel.id, message=offer["id"], verb=CONNECT_SERVICE
        )
        assert answer["status"] == 200, answer

    async def disconnect(self) -> None:
        """Di writes ``disconnect``."""
        await self._say(f"disconnect {self.service}")

    async def _say(self, text: str) -> None:
        await self.company.teams.say(person=DI_EMAIL, conversation=self.channel.id, text=text)

    async def _offers(self) -> list[dict[str, Any]]:
        """The messages with the button, in the order in which they were posted."""
        latest = ((message, str(message["versions"][-1])) for message in await self._messages())
        return [message for message, card in latest if CONNECT_SERVICE in card and self.service in card]

    async def _messages(self) -> list[dict[str, Any]]:
        records = await self.company.teams.records()
        (found,) = (one for one in records["conversations"] if one["id"] == self.channel.id)
        return list(found["messages"])

    async def key(self) -> str:
        """The channel's."""
        (row,) = await self.company.rows("SELECT key FROM conversation WHERE id = $1", self.channel.id)
        return str(row["key"])

    async def said(self) -> list[str]:
        """The latest titles of the messages about its connection, in the order in which they were posted."""
        latest = [
            message["versions"][-1]["activity"].get("summary", "") for message in await self._messages()
        ]
        titles = [summary.partition(" · ")[0] for summary in latest]
        return [title for title in titles if title.startswith(_TITLES)]

    async def rows(self) -> list[asyncpg.Record]:
        """Its connections, oldest first, also those that have ended."""
        return await self.company.rows(
            "SELECT * FROM connection WHERE service = $1 AND conversation = $2 ORDER BY id",
            self.service,
            self.channel.id,
        )

    async def run(self) -> WorkflowExecutionDescription:
        """The latest run of its workflow."""
        return await self._handle(await self._workflow()).describe()

    async def end(self) -> Mapping[str, Any]:
        """The result of that run, which has ended."""
        result: Mapping[str, Any] = await self._handle(await self._workflow()).result()
        return result

    async def is_over(self) -> bool:
        """Its run has ended: nothing more happens to it."""
        try:
            return (await self.run()).status is WorkflowExecutionStatus.COMPLETED
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise

    async def is_ready(self) -> bool:
        """The channel was told that it is connected, and welcomed."""
        said = await self.said()
        return CONNECTED in said and WELCOME in said

    async def _workflow(self) -> str:
        return str(ConnectChannelId(await self.key(), self.service))

    def _handle(self, workflow: str) -> WorkflowHandle[Any, Any]:
        return self.company.temporal.get_workflow_handle(workflow)
