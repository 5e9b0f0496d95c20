"""What a button of a card carries: which card was pressed, and which showing of it."""

from collections.abc import Mapping
from typing import Any

from workflows.values import Value

_NAMES = {"account": "a", "incident_id": "i", "marker": "m", "nonce": "n"}
"""Short, since every button of every card carries them."""
SHARED = "s"
"""Name of what the data of a shared card carry, whatever its verb: 1."""


class ButtonDataMalformed(ValueError):
    """The data of a button lacks something, or something is no text."""


class ButtonData(Value):
    """The data of every button of one card. What it says is a hint, to be checked against the card's row."""

    account: str
    incident_id: str
    marker: str
    """Names the message."""
    nonce: str
    """Names the showing: drawn anew with every revision and every recorded outcome."""
    shared: bool = False
    """It stands on a message that somebody shared, which is never an orphan. No right comes of it."""

    def to_wire(self) -> dict[str, str]:
        """As the card carries it."""
        return {short: getattr(self, name) for name, short in _NAMES.items()}

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> "ButtonData":
        """As a click brings it back; raises ``ButtonDataMalformed``."""
        found = {name: data.get(short) for name, short in _NAMES.items()}
        if not all(isinstance(value, str) and value for value in found.values()):
            raise ButtonDataMalformed("the button's data is incomplete")
        return cls.model_validate({**found, "shared": is_shared(data)})


def is_shared(data: Mapping[str, Any]) -> bool:
    """Whether these are the data of a shared card."""
    return data.get(SHARED) == 1
