"""What a run knows, and the one place where that changes."""

from datetime import datetime

from temporalio import workflow

from workflows.connect_channel.messages import Deadlines, Start
from workflows.connect_channel.state import State
from workflows.connect_channel.timeline import markdown_of
from workflows.connect_channel.workflow_type import title
from workflows.degradations import DegradableRun, attention_of
from workflows.search_attributes import ATTENTION


class RunState(DegradableRun[State]):
    """The state of one run, and what operators are told of it."""

    def __init__(self, start: Start) -> None:
        self.start = start
        self.subject = workflow.info().workflow_id
        """Under which the run's messages stand."""
        self.draining = False
        """The run is about to end or to continue as new: nothing may be started any more."""
        self._state = start.carried or State()
        self._attention = workflow.info().typed_search_attributes.get(ATTENTION)

    @property
    def state(self) -> State:
        """What is known now."""
        return self._state

    @property
    def deadlines(self) -> Deadlines:
        """How long things may take."""
        return self.start.deadlines

    @property
    def continues(self) -> bool:
        """This run continues another one, which may have called somebody a moment ago."""
        return self.start.carried is not None

    @property
    def now(self) -> datetime:
        """The time of the step that is being taken."""
        return workflow.now()

    def apply(self, state: State) -> None:
        """Replace the state."""
        self._state = state
        self.publish()

    def publish(self) -> None:
        """Tell operators how things stand. Details cost nothing until they are looked at."""
        name = title(self.start.service_name or self.start.service, self.start.channel_name)
        workflow.set_current_details(markdown_of(name, self._state))
        attention = attention_of(self._state)
        if attention != self._attention:
            self._attention = attention
            workflow.upsert_search_attributes([ATTENTION.value_set(attention)])
