"""How others start ``Toy``."""

from workflows.toy.messages import Start

from workflows.contract import Opening, WorkflowType

TOY = WorkflowType(
    name="Toy",
    start=Start,
    workflow_id=lambda start: f"toy/{start.name}",
    opening=lambda start, message: Opening(title=start.name, attributes={}),
    signals={},
    updates={},
)
