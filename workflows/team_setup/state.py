"""The state of one ``TeamSetup`` run, folded by pure functions."""

from workflows.values import Value


class State(Value):
    """What the run knows."""
