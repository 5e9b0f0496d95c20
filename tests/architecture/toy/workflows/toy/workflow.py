"""``Toy``: greets somebody once."""

from temporalio import workflow
from workflows.toy.activities import GREET
from workflows.toy.messages import End, Start
from workflows.toy.state import State
from workflows.toy.workflow_type import TOY

from workflows.contract import call


@workflow.defn(name=TOY.name)
class ToyWorkflow:
    """Started by a test."""

    @workflow.init
    def __init__(self, start: Start) -> None:
        self.state = State()

    @workflow.run
    async def run(self, start: Start) -> End:
        """Greet and end."""
        end = await call(GREET, start, "hello")
        self.state = State(greetings=1)
        return end
