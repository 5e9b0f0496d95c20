"""How a Schedule starts ``Upkeep``, and how operators find its runs."""

from workflows.contract import RunListing, WorkflowType
from workflows.ids import UpkeepId
from workflows.search_attributes import ATTENTION, PD_ACCOUNT
from workflows.upkeep.messages import Start
from workflows.values import Value


def title(account: str) -> str:
    """The run's static summary, as Markdown: ``acme · upkeep``."""
    return f"{account} · upkeep"


def _listing(start: Start, _message: Value | None) -> RunListing:
    return RunListing(title=title(start.account), attributes={PD_ACCOUNT: start.account, ATTENTION: "ok"})


UPKEEP = WorkflowType(
    name="Upkeep",
    start=Start,
    workflow_id=lambda start: str(UpkeepId(start.account)),
    listing=_listing,
    signals={},
    updates={},
)
"""The Schedule has the same id; Temporal adds the time to the ids of its runs."""
