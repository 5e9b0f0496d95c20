"""Who asks for the chat or the meeting, and how each way of asking is judged and recorded."""

from datetime import datetime
from typing import Literal, Protocol

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.channel_incident.activities import RECORD_CLICKS, JudgedClick, RecordClicks
from workflows.channel_incident.messages import CardKey
from workflows.contract import call
from workflows.errors import failure_of
from workflows.incident_room.activities import ADMIT, OPEN_ROOM, Admit, Admitted, OpenRoom
from workflows.incident_room.messages import (
    AskedByClick,
    AskedByProgram,
    AskedOfChat,
    RoomAnswer,
    ended_by,
)
from workflows.incident_room.run_state import RunState
from workflows.incident_room.state import Plan
from workflows.operation.activities import RECORD_OPERATION, RecordOperation
from workflows.operation.state import OperationKey
from workflows.verbs.judging import judge_person
from workflows.verbs.outcomes import Outcome


class Asking(Protocol):
    """One request for the chat or the meeting."""

    key: str
    """Tells it from every other."""
    who: str
    """As the timeline tells it."""
    correlation: str
    takes_risk: bool
    """They know that a chat may be there already which nobody knows of, and want another one."""
    plan: Plan
    program: str
    """PagerDuty's id of the user in whose name a program asks; empty: somebody pressed."""

    def is_after(self, moment: datetime | None) -> bool:
        """Whether it was asked when that had happened; ``None``: that was long ago."""

    def judge(self, run: RunState) -> Outcome | None:
        """Why it is not acted on whatever anybody says, or ``None``."""

    async def admit(self, run: RunState) -> Admitted:
        """Ask PagerDuty whether they may."""

    async def record(self, run: RunState, answer: RoomAnswer) -> None:
        """Keep how it ended, for whoever asks later."""


class Pressed:
    """A button was pressed: it is asked as whoever pressed."""

    def __init__(self, asked: AskedByClick) -> None:
        self._asked = asked
        self.key = asked.click.key
        self.who = f"{asked.click.person.name} in Teams"
        self.correlation = asked.click.correlation
        self.takes_risk = True  # the card says so
        self.plan = Plan()
        self.program = ""

    def is_after(self, moment: datetime | None) -> bool:
        """By when it was pressed: a click may have waited for others."""
        return moment is None or self._asked.click.received_at > moment

    def judge(self, run: RunState) -> Outcome | None:
        """Too late, or by somebody without a link."""
        return judge_person(self._asked.click, run.now)

    async def admit(self, run: RunState) -> Admitted:
        """As them."""
        request = Admit(**run.call_of(), click=self._asked.click)
        return await call(ADMIT, request, f"as {self._asked.click.person.name}")

    async def record(self, run: RunState, answer: RoomAnswer) -> None:
        """Beside the clicks of the card that was pressed."""
        start, asked, outcome = run.start, self._asked, answer.outcome
        card = CardKey(account=start.account, incident_id=start.incident_id, conversation=asked.conversation)
        clicks = RecordClicks(card=card, clicks=(JudgedClick(click=asked.click, outcome=outcome),))
        try:
            await call(RECORD_CLICKS, clicks, outcome.kind)
        except ActivityError as error:
            workflow.logger.warning(
                "the outcome of a click stays in the history alone: %s", failure_of(error).name
            )


class _OfProgram:
    """What a program asks for."""

    def __init__(self, asked: AskedByProgram | AskedOfChat, plan: Plan) -> None:
        self.key = asked.key
        self.who = f"{asked.through or 'a program'} as {asked.by}"
        self.correlation = asked.correlation
        self.takes_risk = False
        self.plan = plan
        self.program = asked.by
        self._operation = asked.operation

    def is_after(self, moment: datetime | None) -> bool:
        """Nobody knows: it is asked again and again by itself."""
        return False

    def judge(self, run: RunState) -> Outcome | None:
        """Nothing speaks against it before PagerDuty or the chat is asked."""
        return None

    async def record(self, run: RunState, answer: RoomAnswer) -> None:
        """In the row of its operation, which tells the end although the API waits no longer."""
        if not self._operation:
            return
        operation = OperationKey(account=run.start.account, key=self._operation)
        request = RecordOperation(operation=operation, ended=ended_by(answer))
        try:
            await call(RECORD_OPERATION, request, answer.outcome.kind)
        except ActivityError as error:
            workflow.logger.warning(
                "how an operation ended stays in the history alone: %s", failure_of(error).name
            )


class Programmed(_OfProgram):
    """A program asks. Whoever runs Muster has given it a token, and it is asked as Muster's own app."""

    def __init__(self, asked: AskedByProgram, what: Literal["chat", "meeting"]) -> None:
        super().__init__(asked, Plan(owner=asked.owner or "", name=asked.name or "", preset=asked.preset))
        self._asked = asked
        self._what = what

    async def admit(self, run: RunState) -> Admitted:
        """Whether the incident is there, and the name one that people can read."""
        asked = self._asked
        request = OpenRoom(
            **run.call_of(),
            by=asked.by,
            by_email=asked.by_email,
            owner=asked.owner,
            what=self._what,
            name=asked.name,
        )
        return await call(OPEN_ROOM, request, f"as {asked.by}")


class Ordered(_OfProgram):
    """A program wants something done with the chat that is there: PagerDuty is not asked."""

    def __init__(self, asked: AskedOfChat) -> None:
        super().__init__(asked, Plan())

    async def admit(self, run: RunState) -> Admitted:
        """Whoever runs Muster has given the program a token."""
        return Admitted()
