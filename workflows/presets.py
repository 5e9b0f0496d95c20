"""Presets: how much is said beside a card. The card itself is live under each of them.

Source: PagerDuty's own four, as its API takes them for a dedicated chat (``events``, docs/platform-facts.md).
"""

from typing import Literal

from workflows.incident.event_types import News
from workflows.values import Value

Preset = Literal["no_updates", "status_updates_only", "highlights_only", "all_updates"]

HIGHLIGHTS: frozenset[News] = frozenset({"priority_raised", "escalated", "reopened", "resolved"})
"""What changes an incident so that people must hear of it."""

SAID: dict[Preset, frozenset[News]] = {
    "no_updates": frozenset(),
    "status_updates_only": frozenset({"status_update"}),
    "highlights_only": HIGHLIGHTS,
    "all_updates": HIGHLIGHTS | {"status_update", "note", "responder_replied"},
}
"""What each preset has said."""

IN_CHANNELS: Preset = "highlights_only"
"""Where nobody chose another one. The defaults of the columns say the same."""

IN_ROOMS: Preset = "all_updates"
"""In the chat that is made for an incident, likewise."""


class ChosenPreset(Value):
    """The preset of one card. Of two that with the higher ``number`` counts, in whatever order they come."""

    preset: Preset = IN_CHANNELS
    number: int = 0
    """How often one was chosen for this card: 0 is the one that it entered with."""

    def says(self, news: News) -> bool:
        """Whether this is said beside the card."""
        return news in SAID[self.preset]
