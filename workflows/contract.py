"""What workflows have in common with the rest: rows that name activities and workflow types, and the calls.

Workflows name no strings; ``activities`` registers its functions under the rows' names, and whoever starts
or tells a workflow reads its row. Each workflow's rows stand in its own folder.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeVar

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import FailureError

from workflows import options
from workflows.values import Value

ArgumentT = TypeVar("ArgumentT", bound=Value)
ResultT = TypeVar("ResultT", bound=Value)
StartT = TypeVar("StartT", bound=Value)


class Done(Value):
    """The result of an activity that has nothing to tell but that it was done."""


@dataclass(frozen=True)
class Activity(Generic[ArgumentT, ResultT]):
    """One activity: ``provider.verb_object`` and what goes in and out."""

    name: str
    argument: type[ArgumentT]
    result: type[ResultT]
    options: options.Options


async def call(row: Activity[ArgumentT, ResultT], argument: ArgumentT, summary: str) -> ResultT:
    """Run the row's activity; ``summary`` is what the Timeline shows beside its name.

    Raises ``ActivityError``; ``workflows.errors.failure_of`` says which condition it is.
    """
    result: ResultT = await workflow.execute_activity(
        row.name, argument, result_type=row.result, summary=summary, **row.options
    )
    return result


async def call_in_task(
    row: Activity[ArgumentT, ResultT], argument: ArgumentT, summary: str, *, within: timedelta
) -> ResultT | None:
    """One attempt of the row's activity within the workflow task, as a local activity of so many seconds.

    ``None``: it failed, or goes on where it began: ``call`` it then. It must know by itself what became of it
    before: it begins anew after a killed worker, and where another message comes before the task has ended.
    The worker has few places for workflow tasks, and it keeps one.
    """
    try:
        result: ResultT = await workflow.execute_local_activity(
            row.name,
            argument,
            result_type=row.result,
            summary=summary,
            schedule_to_close_timeout=within,
            retry_policy=options.ONE_ATTEMPT,
        )
    except FailureError:
        return None
    return result


@dataclass(frozen=True)
class RunListing:
    """How operators find a run in the UI, as far as it is known when the run starts."""

    title: str
    attributes: Mapping[SearchAttributeKey[Any], Any]


@dataclass(frozen=True)
class Signal(Generic[ArgumentT]):
    """A signal and what it carries; ``None``: nothing."""

    name: str
    argument: type[ArgumentT] | None


@dataclass(frozen=True)
class Update(Generic[ArgumentT, ResultT]):
    """An update: what it carries, what it answers, and how it goes on when nobody can wait any longer."""

    name: str
    argument: type[ArgumentT]
    answer: type[ResultT]
    goes_on_as: Signal[ArgumentT]
    """The signal that carries the same."""


@dataclass(frozen=True)
class WorkflowType(Generic[StartT]):
    """One workflow: what starts it, under which id, and the messages that it takes."""

    name: str
    start: type[StartT]
    workflow_id: Callable[[StartT], str]
    """The id of the run that this start belongs to: there is one at a time."""
    listing: Callable[[StartT, Value | None], RunListing]
    """Title and attributes of a new run; the message that starts it may tell more than its start."""
    signals: Mapping[str, Signal[Any]]
    """By name."""
    updates: Mapping[str, Update[Any, Any]]
    """By name."""
