"""What activities tell workflows: the only user of Temporal's client among them."""

from datetime import timedelta

from temporalio.client import Client
from temporalio.service import RPCError

from muster.temporal.starting import start_options
from workflows.contract import ArgumentT, Signal, StartT, WorkflowType
from workflows.errors import ProviderUnavailable

_WITHIN = timedelta(seconds=3)


class WorkflowSignals:
    """Signals workflows from an activity, starting them where none runs. Each is known by its row."""

    def __init__(self, client: Client, *, task_queue: str) -> None:
        self._client = client
        self._task_queue = task_queue

    async def signal(
        self, row: WorkflowType[StartT], start: StartT, signal: Signal[ArgumentT], message: ArgumentT
    ) -> None:
        """Signal once; raises ``ProviderUnavailable``: an activity that is tried again signals again."""
        try:
            await self._client.start_workflow(
                row.name,
                start_signal=signal.name,
                start_signal_args=[message],
                rpc_timeout=_WITHIN,
                **start_options(row, start, message, task_queue=self._task_queue),
            )
        except RPCError as error:
            raise ProviderUnavailable(f"Temporal did not take a signal: {error.status.name}") from error
