"""What a run of ``Toy`` knows."""

from workflows.values import Value


class State(Value):
    """How often somebody was greeted."""

    greetings: int = 0
