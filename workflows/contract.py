"""Every activity by name, argument, result and options, and the one way to call them.

Workflows name no strings; ``activities`` registers its functions under these rows' names.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

from temporalio import workflow

from workflows import options
from workflows.messages import (
    CardKey,
    ChangeStatus,
    Details,
    ReadDetails,
    RecordClick,
    Remembered,
    Replied,
    Reply,
    ShowCard,
    Shown,
    StatusChanged,
    TellPerson,
)
from workflows.model.incident import Value

ArgumentT = TypeVar("ArgumentT", bound=Value)
ResultT = TypeVar("ResultT", bound=Value)


class Done(Value):
    """The result of an activity that has nothing to tell but that it was done."""


@dataclass(frozen=True)
class Activity(Generic[ArgumentT, ResultT]):
    """One activity: ``provider.verb_object`` and what goes in and out."""

    name: str
    argument: type[ArgumentT]
    result: type[ResultT]
    options: options.Options


SHOW_CARD = Activity("teams.show_card", ShowCard, Shown, options.TEAMS_SHOW)
REPLY = Activity("teams.reply", Reply, Replied, options.TEAMS_SHOW)
TELL_PERSON = Activity("teams.tell_person", TellPerson, Done, options.TEAMS_PRIVATE)
CHANGE_STATUS = Activity(
    "pagerduty.change_status", ChangeStatus, StatusChanged, options.PAGERDUTY_INTERACTIVE
)
READ_DETAILS = Activity("pagerduty.read_details", ReadDetails, Details, options.PAGERDUTY_READ)
RECALL_INCIDENT = Activity("pagerduty.recall_incident", ReadDetails, Details, options.PAGERDUTY_RECALL)
RECALL_CARD = Activity("store.recall_card", CardKey, Remembered, options.STORE)
RECORD_CLICK = Activity("store.record_click", RecordClick, Done, options.STORE)


async def call(row: Activity[ArgumentT, ResultT], argument: ArgumentT, summary: str) -> ResultT:
    """Run the row's activity; ``summary`` is what the Timeline shows beside its name.

    Raises ``ActivityError``; ``workflows.errors.failure_of`` says which condition it is.
    """
    result: ResultT = await workflow.execute_activity(
        row.name, argument, result_type=row.result, summary=summary, **row.options
    )
    return result
