"""What travels between others and a run of ``Toy``."""

from workflows.values import Value


class Start(Value):
    """The input of a run."""

    name: str


class End(Value):
    """The result of a run."""

    greeting: str
