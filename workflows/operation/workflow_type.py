"""How the API starts ``Operation`` and talks to it, and how operators find its runs."""

from workflows.contract import RunListing, Signal, Update, WorkflowType
from workflows.ids import OperationId
from workflows.markdown import as_markdown
from workflows.operation.messages import Say, Start
from workflows.operation.state import Ended
from workflows.search_attributes import ATTENTION, PD_ACCOUNT, PD_INCIDENT, TEAMS_CONVERSATION, TEAMS_TENANT
from workflows.values import Value

DO = Update("do", Say, Ended, goes_on_as=Signal("do", Say))
"""Do it, once."""

_ID_LIMIT, _NAME_LIMIT = 80, 150
"""Most bytes: Temporal refuses a start whose summary has more than 400."""


def title(start: Start) -> str:
    """The run's static summary, as Markdown: ``message · Payments/#ops · Q1``."""
    name = as_markdown(start.place.name, _NAME_LIMIT)
    return f"message · {name} · {as_markdown(start.incident_id, _ID_LIMIT)}"


def _listing(start: Start, _message: Value | None) -> RunListing:
    return RunListing(
        title=title(start),
        attributes={
            PD_ACCOUNT: start.account,
            PD_INCIDENT: start.incident_id,
            TEAMS_TENANT: start.place.tenant,
            TEAMS_CONVERSATION: start.place.conversation or None,
            ATTENTION: "ok",
        },
    )


OPERATION = WorkflowType(
    name="Operation",
    start=Start,
    workflow_id=lambda start: str(OperationId(start.account, start.key)),
    listing=_listing,
    signals={DO.goes_on_as.name: DO.goes_on_as},
    updates={DO.name: DO},
)
