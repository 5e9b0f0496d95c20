"""Teams and the rows as ``Operation`` meets them: fake activities at the contract's rows."""

import asyncio
from collections.abc import Callable
from typing import Any

from temporalio import activity

from workflows.errors import OutsideError
from workflows.operation.activities import RECORD_OPERATION, SEND_MESSAGE, RecordOperation, SendMessage
from workflows.operation.state import Ended

SENT = Ended(outcome="done", says="Payments/#ops", url="https://teams.microsoft.com/l/message/1/2")


class FakeActivities:
    """Every message is sent once, unless a test says how the next calls end."""

    def __init__(self) -> None:
        self.sent: list[SendMessage] = []
        self.asked = 0
        """Calls to send it. All but the first are told by its row."""
        self.recorded: list[RecordOperation] = []
        self.goes_on = asyncio.Event()
        """Sends wait for it."""
        self.goes_on.set()
        self.sending = asyncio.Event()
        """One has begun."""
        self._ends: list[Ended | OutsideError] = []
        self._records: list[Ended | OutsideError] = []
        self._rows: dict[str, Ended] = {}

    def ends(self, *outcomes: Ended | OutsideError) -> None:
        self._ends += outcomes

    def records(self, *outcomes: Ended | OutsideError) -> None:
        self._records += outcomes

    @activity.defn(name=SEND_MESSAGE.name)
    async def send_message(self, request: SendMessage) -> Ended:
        self.asked += 1
        key = request.operation.key
        if key in self._rows and not self._ends:
            return self._rows[key]
        self.sent.append(request)
        self.sending.set()
        await self.goes_on.wait()
        self._rows[key] = _given(self._ends.pop(0) if self._ends else SENT)
        return self._rows[key]

    @activity.defn(name=RECORD_OPERATION.name)
    async def record_operation(self, request: RecordOperation) -> Ended:
        self.recorded.append(request)
        return _given(self._records.pop(0) if self._records else request.ended)

    def activities(self) -> list[Callable[..., Any]]:
        return [self.send_message, self.record_operation]


def _given(outcome: Ended | OutsideError) -> Ended:
    if isinstance(outcome, OutsideError):
        raise outcome.to_application_error()
    return outcome
