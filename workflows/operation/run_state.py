"""What a run knows, and the one place where that changes."""

from temporalio import workflow

from workflows.operation.messages import Start
from workflows.operation.state import State
from workflows.operation.timeline import attention_of, markdown_of
from workflows.operation.workflow_type import title
from workflows.search_attributes import ATTENTION


class RunState:
    """The state of one run, and what operators are told of it."""

    def __init__(self, start: Start) -> None:
        self.start = start
        self._state = State()
        self._attention = workflow.info().typed_search_attributes.get(ATTENTION)

    @property
    def state(self) -> State:
        """What is known by now."""
        return self._state

    def apply(self, state: State) -> None:
        """Replace the state, and tell operators how things stand."""
        self._state = state
        workflow.set_current_details(markdown_of(title(self.start), self.start, state))
        attention = attention_of(state)
        if attention != self._attention:
            self._attention = attention
            workflow.upsert_search_attributes([ATTENTION.value_set(attention)])
