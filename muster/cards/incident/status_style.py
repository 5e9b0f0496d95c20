"""What each status of an incident looks like and is called."""

from typing import Literal, NamedTuple

from workflows.incident.values import Status


class StatusStyle(NamedTuple):
    """A status as people see it; the name and the symbol tell it without the colour."""

    style: Literal["attention", "warning", "good"]
    """Style of a container and colour of a text."""
    symbol: str
    name: str


STATUS_STYLES: dict[Status, StatusStyle] = {
    "triggered": StatusStyle("attention", "🔴", "Triggered"),
    "acknowledged": StatusStyle("warning", "🟠", "Acknowledged"),
    "resolved": StatusStyle("good", "🟢", "Resolved"),
}
