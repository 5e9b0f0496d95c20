"""Handlers under names that tables hold: many signals or updates of one kind go to one method.

They are made with the class. ``workflow.set_signal_handler`` in each run does the same and reads the types of
the handler anew each time: 28 events cost every run a millisecond before its first card, and 12 KB in the
worker's cache (docs/decisions/0026).
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from temporalio import workflow

from workflows.incident.values import Value

WorkflowT = TypeVar("WorkflowT", bound=type)


def takes_signals(
    names: Iterable[str], argument: type[Value], method: str
) -> Callable[[WorkflowT], WorkflowT]:
    """Class decorator: each of these signals carries ``argument`` and calls ``method``, which is not async.

    A signal that carries something else is logged by the SDK and dropped.
    """

    def decorate(workflow_class: WorkflowT) -> WorkflowT:
        for name in names:

            def take(self: Any, message: Any) -> None:
                getattr(self, method)(message)

            _take_as(take, argument)
            setattr(workflow_class, f"signal_{name}", workflow.signal(name=name)(take))
        return workflow_class

    return decorate


def takes_updates(
    names: Iterable[str], argument: type[Value], answer: type[Value], method: str, *, validator: str
) -> Callable[[WorkflowT], WorkflowT]:
    """Class decorator: each of these updates carries ``argument`` and is answered by the async ``method``.

    ``validator`` names the method that rejects an update by raising.
    """

    def decorate(workflow_class: WorkflowT) -> WorkflowT:
        for name in names:

            async def take(self: Any, message: Any) -> Any:
                return await getattr(self, method)(message)

            def check(self: Any, message: Any) -> None:
                getattr(self, validator)(message)

            _take_as(take, argument, answer)
            _take_as(check, argument)
            update = workflow.update(name=name)(take)
            update.validator(check)
            setattr(workflow_class, f"update_{name}", update)
        return workflow_class

    return decorate


def _take_as(function: Callable[..., Any], argument: type[Value], answer: type[Value] | None = None) -> None:
    """Tell the SDK what the message is to be read as."""
    function.__annotations__ = {"message": argument, "return": answer}
