"""One click of one person, however often Teams delivers it."""

from collections.abc import Mapping

from pydantic import AwareDatetime, Field

from workflows.values import Value
from workflows.verbs.verb import VerbName


class Clicker(Value):
    """The person who pressed, from the verified activity."""

    aad_object_id: str
    teams_id: str
    name: str
    link: int | None = None
    """Row of their link to PagerDuty; ``None`` when they are not linked."""


class Click(Value):
    """One press of a button. ``key`` tells it from every other click, whatever ids Teams gives it."""

    key: str
    verb: VerbName
    person: Clicker
    message: str
    """The pressed message's activity id."""
    nonce: str = ""
    """Of the pressed button, a part of the key: with it the click has a new key once its person is linked."""
    orphan_marker: str | None = None
    """What the pressed button carries, where the card's row knows it as the marker of an orphan."""
    inputs: Mapping[str, str] = Field(default_factory=dict)
    """What the person entered, by the name of the input; empty for a verb without a dialog."""
    received_at: AwareDatetime
    correlation: str
