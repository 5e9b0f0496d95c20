"""What a run of ``Toy`` knows, and the one place where that changes."""

from workflows.toy.state import State


class RunState:
    """The state of one run."""

    def __init__(self) -> None:
        self._state = State()

    @property
    def state(self) -> State:
        """What is known now."""
        return self._state

    def apply(self, state: State) -> None:
        """Replace the state."""
        self._state = state
