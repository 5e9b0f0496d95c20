"""Handlers under names that tables hold: many signals or updates of one kind go to one method.

They are made with the class. ``workflow.set_signal_handler`` in each run does the same and reads the types of
the handler anew each time: 28 events cost every run a millisecond before its first card, and 12 KB in the
worker's cache (docs/decisions/0026).
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from temporalio import workflow

from workflows.contract import Signal, Update
from workflows.values import Value

WorkflowT = TypeVar("WorkflowT", bound=type)


def takes_signals(rows: Mapping[str, Signal[Any]], method: str) -> Callable[[WorkflowT], WorkflowT]:
    """Class decorator: each of these signals calls ``method``, which is not async, with what it carries.

    A signal that carries something else is logged by the SDK and dropped.
    """

    def decorate(workflow_class: WorkflowT) -> WorkflowT:
        for row in rows.values():

            def take(self: Any, message: Any) -> None:
                getattr(self, method)(message)

            _annotate(take, row.argument)
            setattr(workflow_class, f"signal_{row.name}", workflow.signal(name=row.name)(take))
        return workflow_class

    return decorate


def takes_updates(
    rows: Mapping[str, Update[Any, Any]], method: str, *, validator: str
) -> Callable[[WorkflowT], WorkflowT]:
    """Class decorator: each of these updates is answered by the async ``method``.

    ``validator`` names the method that rejects an update by raising.
    """

    def decorate(workflow_class: WorkflowT) -> WorkflowT:
        for row in rows.values():

            async def take(self: Any, message: Any) -> Any:
                return await getattr(self, method)(message)

            def check(self: Any, message: Any) -> None:
                getattr(self, validator)(message)

            _annotate(take, row.argument, row.answer)
            _annotate(check, row.argument)
            update = workflow.update(name=row.name)(take)
            update.validator(check)
            setattr(workflow_class, f"update_{row.name}", update)
        return workflow_class

    return decorate


def takes_requests(
    rows: Mapping[str, Update[Any, Any]], *, unheard: str | None = None
) -> Callable[[WorkflowT], WorkflowT]:
    """Class decorator: each of these updates is answered by the async method of its name.

    So is the signal that it goes on as, whose answer nobody hears. ``unheard`` names the method, which is not
    async, that is given the update's name, the message and that answer.
    """

    def decorate(workflow_class: WorkflowT) -> WorkflowT:
        for name, row in rows.items():
            _take_request(workflow_class, name, row, unheard)
        return workflow_class

    return decorate


def _take_request(workflow_class: type, name: str, row: Update[Any, Any], unheard: str | None) -> None:
    async def answer(self: Any, message: Any) -> Any:
        return await getattr(self, name)(message)

    async def take(self: Any, message: Any) -> None:
        answered = await getattr(self, name)(message)
        if unheard is not None:
            getattr(self, unheard)(name, message, answered)

    _annotate(answer, row.argument, row.answer)
    _annotate(take, row.goes_on_as.argument)
    setattr(workflow_class, f"update_{row.name}", workflow.update(name=row.name)(answer))
    signal = row.goes_on_as
    setattr(workflow_class, f"signal_{signal.name}", workflow.signal(name=signal.name)(take))


def _annotate(
    function: Callable[..., Any], argument: type[Value] | None, answer: type[Value] | None = None
) -> None:
    """Tell the SDK what the message is to be read as: it asks the function's annotations."""
    function.__annotations__ = {"message": argument, "return": answer}
