"""How a process tells workflows of people's links: an API by its gateway, a worker by its activities' way."""

from typing import Protocol

from workflows.contract import ArgumentT, Signal, StartT, WorkflowType


class Signals(Protocol):
    """Signals workflows, starting them where none runs."""

    async def signal(
        self, row: WorkflowType[StartT], start: StartT, signal: Signal[ArgumentT], message: ArgumentT
    ) -> None:
        """Signal within 3 s.

        Raises ``ProviderUnavailable``, ``TemporalUnavailable`` or ``Rejected`` where it was not taken.
        """
