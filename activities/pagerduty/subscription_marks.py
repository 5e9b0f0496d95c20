"""How a subscription says whose it is: its description names the installation and the intent behind it."""

import re
import uuid
from collections.abc import Collection
from typing import NamedTuple

from muster.clients.pagerduty.subscriptions import Listed

_MARKS = re.compile(r"Muster ([0-9a-f-]{36}) / ([0-9a-f]{32})")


class Marks(NamedTuple):
    """Whose a subscription is, and which creation made it."""

    installation: str
    marker: str

    @property
    def description(self) -> str:
        """As it stands in PagerDuty, and is found there again."""
        return f"Muster {self.installation} / {self.marker}"


def new_marks(installation: str) -> Marks:
    """Of a subscription that is about to be asked for."""
    return Marks(installation, uuid.uuid4().hex)


def marks_of(listed: Listed) -> Marks | None:
    """What the description says; ``None``: no Muster made it, or somebody has written over it."""
    found = _MARKS.fullmatch(listed.description.strip())
    return None if found is None else Marks(found[1], found[2])


def own_marker(listed: Listed, installation: str, urls: Collection[str]) -> str | None:
    """The marker of a subscription of ours: made by this installation, and sending to one of our addresses.

    A copy of the database has the same installation id, and another address.
    """
    marks = marks_of(listed)
    if marks is None or marks.installation != installation or listed.url not in urls:
        return None
    return marks.marker
