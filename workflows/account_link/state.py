"""The state of one ``AccountLink`` run, as one frozen value."""

from workflows.degradations import Degradable


class State(Degradable):
    """What the run knows."""
