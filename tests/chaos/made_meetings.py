"""The meeting that was made for an incident, as Microsoft, PagerDuty and Muster have it, and what holds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from workflows.incident_room.activities import OVER
from workflows.link_notes import MEETING_NOTE


@dataclass(frozen=True)
class MadeMeeting:
    """Everything that is known of it once the incident is over."""

    row: Mapping[str, Any] | None
    entries: Sequence[Mapping[str, Any]]
    """Of people's calendars, whose subject is the incident's."""
    made_alone: int
    """Meetings without an entry that Teams made."""
    is_there: bool
    """Teams has a meeting behind the address that the room knows."""
    bridge: str | None
    """The address that PagerDuty has."""
    written: Sequence[str]
    """The addresses that the bridge was given, as often as PagerDuty accepted it."""
    notes: Sequence[str]


def violations_of(made: MadeMeeting) -> Iterator[str]:
    """What does not hold, in words."""
    row = made.row
    if row is None or row["stage"] != "made":
        yield "the room knows no meeting"
        return
    url: str = row["url"]
    if not made.is_there:
        yield f"there is no meeting behind {url}"
    wanted = (1, 0) if row["way"] == "calendar" else (0, 1)
    if (len(made.entries), made.made_alone) != wanted:
        yield f"{len(made.entries)} entries and {made.made_alone} meetings alone, made by {row['way']}"
    for entry in made.entries:
        if entry["meeting"] is None or str(entry["meeting"]) not in unquote(url):
            yield f"the room knows {url}, the entry is about {entry['meeting']}"
        if not str(entry["subject"]).startswith(OVER):
            yield f"the entry of an incident that is over is called {entry['subject']}"
    if made.bridge != url or list(made.written) != [url]:
        yield f"the bridge is {made.bridge}, written were {list(made.written)}"
    told = [one for one in made.notes if one.startswith(MEETING_NOTE)]
    if len(told) != 1 or url not in told[0]:
        yield f"the notes are {told}"


def entries_of(calendar: Sequence[Mapping[str, Any]], number: int) -> list[Mapping[str, Any]]:
    """The entries that are called as the incident of this number is."""
    beginning = f"Incident #{number} "
    return [one for one in calendar if one["subject"].removeprefix(OVER).startswith(beginning)]


def made_alone(records: Mapping[str, Any], *, since: datetime) -> int:
    """How many meetings without an entry were made: asked for one that is there, Teams answers 200.

    It is also there where Microsoft said afterwards that it failed.
    """
    return sum(
        one["status"] == 201 or one["fault"] == "status_after"
        for one in records["graph_calls"]
        if one["method"] == "POST" and one["path"].endswith("/onlineMeetings/createOrGet")
        if datetime.fromisoformat(one["at"]) >= since
    )


def bridges_written(records: Mapping[str, Any], incident: str) -> list[str]:
    """The addresses that PagerDuty took for this incident's bridge, in order."""
    return [
        one["body"]["incident"]["conference_bridge"]["conference_url"]
        for one in records["writes"]
        if (one["method"], one["path"], one["status"]) == ("PUT", f"/incidents/{incident}", 200)
        if "conference_bridge" in one["body"]["incident"]
    ]
