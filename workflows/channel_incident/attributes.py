"""The search attributes of a run, written when they change."""

from temporalio import workflow

from workflows.channel_incident.messages import Start
from workflows.channel_incident.state import State
from workflows.channel_incident.timeline import attention_of
from workflows.channel_incident.workflow_type import attributes_of


class Attributes:
    """What the run was last found by, and what it is to be found by now."""

    def __init__(self, start: Start) -> None:
        self._start = start
        self._written = {
            pair.key.name: pair.value for pair in workflow.info().typed_search_attributes.search_attributes
        }

    def write(self, state: State) -> None:
        """Write those that differ from what was written last: each write costs Temporal a row."""
        wanted = attributes_of(
            self._start.account,
            self._start.incident_id,
            self._start.conversation,
            state.incident.snapshot,
            attention_of(state),
        )
        changed = {key: value for key, value in wanted.items() if value != self._written.get(key.name)}
        if changed:
            self._written |= {key.name: value for key, value in changed.items()}
            workflow.upsert_search_attributes(
                [
                    key.value_unset() if value is None else key.value_set(value)
                    for key, value in changed.items()
                ]
            )
