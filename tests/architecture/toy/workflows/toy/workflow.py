"""``Toy``: greets somebody once."""

from temporalio import workflow

from workflows.contract import call
from workflows.toy.activities import GREET
from workflows.toy.messages import End, Start
from workflows.toy.run_state import RunState
from workflows.toy.state import State
from workflows.toy.workflow_type import TOY


@workflow.defn(name=TOY.name)
class ToyWorkflow:
    """Started by a test."""

    @workflow.init
    def __init__(self, start: Start) -> None:
        self.run_state = RunState()

    @workflow.run
    async def run(self, start: Start) -> End:
        """Greet and end."""
        end = await call(GREET, start, "hello")
        self.run_state.apply(State(greetings=1))
        return end
