"""Somebody in Teams, as every workflow that writes to people names them."""

from workflows.values import Value


class Person(Value):
    """Somebody in Teams."""

    aad_object_id: str
    teams_id: str
    name: str
