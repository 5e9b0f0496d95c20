"""What activities tell workflows: the only user of Temporal's client among them."""

import asyncio

from temporalio.client import Client
from temporalio.service import RPCError

from muster.temporal.starting import signal_with_start
from workflows.contract import ArgumentT, Signal, StartT, WorkflowType
from workflows.errors import ProviderUnavailable

_WITHIN = 3.0
"""Seconds for all attempts: the SDK's own limit is for each of them."""


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
            async with asyncio.timeout(_WITHIN):
                await signal_with_start(
                    self._client, row, start, signal, message, task_queue=self._task_queue
                )
        except TimeoutError as error:
            raise ProviderUnavailable("Temporal did not take a signal in time") from error
        except RPCError as error:
            raise ProviderUnavailable(f"Temporal did not take a signal: {error.status.name}") from error
