"""How others start ``Toy``."""

from workflows.contract import RunListing, WorkflowType
from workflows.toy.messages import Start

TOY = WorkflowType(
    name="Toy",
    start=Start,
    workflow_id=lambda start: f"toy/{start.name}",
    listing=lambda start, message: RunListing(title=start.name, attributes={}),
    signals={},
    updates={},
)
