"""What is asked of a run by whoever presses or writes, and what each is answered."""

import asyncio

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.connect_channel.activities import READ_RIGHTS, ReadRights
from workflows.connect_channel.fold import (
    answered,
    asked,
    asked_to_bring_in,
    name_of,
    refused,
    with_unheard,
)
from workflows.connect_channel.messages import Asked, ConnectAnswer
from workflows.connect_channel.run_state import RunState
from workflows.connect_channel.state import BRINGING_IN, Bringing, Kind, Request, Unheard, Wanted
from workflows.connect_channel.timeline import NAME_LIMIT
from workflows.contract import call
from workflows.errors import NeedsPerson, failure_of
from workflows.markdown import as_markdown
from workflows.options import LATE_CLICK


class Answers:
    """Serves what somebody asks for, one after the other, and each once.

    What is being brought in holds up nobody: whoever asked for it waits for it outside the turn.
    """

    def __init__(self, run: RunState) -> None:
        self._run = run
        self._turn = asyncio.Lock()

    async def asked(self, kind: Request, message: Asked) -> ConnectAnswer:
        """Read what the person may do, as them, and do what they ask for."""
        async with self._turn:
            answer = self._run.state.answer(message.key)
            if answer is None and not self._is_being_brought_in(message):
                answer = await self._served(kind, message)
                if answer is not None and answer.reply != "working":
                    self._run.apply(answered(self._run.state, message.key, answer))
        return answer or await self._brought_in(message)

    def unheard(self, kind: Request, message: Asked, answer: ConnectAnswer) -> None:
        """Have whoever asked told privately what nobody else would tell them."""
        unheard = Unheard(
            key=message.key,
            kind=kind,
            person=message.person,
            is_click=message.message is not None or kind == "bring_in",
            asked_at=message.received_at,
            correlation=message.correlation,
            answer=answer,
        )
        self._run.apply(with_unheard(self._run.state, unheard))

    def _is_being_brought_in(self, message: Asked) -> bool:
        bringing = self._run.state.bringing
        return bringing is not None and bringing.key == message.key

    async def _served(self, kind: Request, message: Asked) -> ConnectAnswer | None:
        """``None``: the open incidents are to be brought in, which is noted."""
        run = self._run
        if run.now - message.received_at > LATE_CLICK:
            return ConnectAnswer(reply="too_late")
        run.apply(run.state.replace(cause=message.correlation or run.state.cause))
        request = ReadRights(
            account=run.start.account,
            link=message.link,
            service=run.start.service,
            correlation=message.correlation,
        )
        try:
            read = await call(READ_RIGHTS, request, f"as {as_markdown(message.person.name, NAME_LIMIT)}")
        except ActivityError as error:
            is_refused = issubclass(failure_of(error).kind, NeedsPerson)
            return ConnectAnswer(reply="pagerduty_refused" if is_refused else "pagerduty_unavailable")
        answer = refused(run.state, kind, read)
        if answer is not None or read.rights is None:
            return answer or ConnectAnswer(reply="forbidden")
        if kind == "bring_in":
            return self._to_bring_in(message)
        return await self._recorded(kind, message, name_of(read.rights))

    async def _recorded(self, kind: Kind, message: Asked, service_name: str) -> ConnectAnswer:
        run = self._run
        wanted = Wanted(
            kind=kind,
            key=message.key,
            person=message.person,
            service_name=service_name,
            message=message.message,
        )
        run.apply(asked(run.state, wanted))
        # A run that is draining writes no row any more: the next one does.
        await workflow.wait_condition(lambda: run.draining or wanted not in run.state.wanted)
        return run.state.answer(message.key) or ConnectAnswer(reply="working")

    def _to_bring_in(self, message: Asked) -> ConnectAnswer | None:
        run = self._run
        live = run.state.live
        if live is None:
            return ConnectAnswer(reply="not_connected")
        bringing = Bringing(key=message.key, person=message.person, connection=live.connection.id)
        run.apply(asked_to_bring_in(run.state, bringing))
        return None

    async def _brought_in(self, message: Asked) -> ConnectAnswer:
        """Nobody waits longer than for one attempt: the message in the channel says when it is done."""
        run = self._run
        await workflow.wait_condition(
            lambda: (
                run.draining
                or not self._is_being_brought_in(message)
                or run.is_degraded(BRINGING_IN)
                or not run.state.can_bring_in
            )
        )
        return run.state.answer(message.key) or ConnectAnswer(reply="bringing_in")
