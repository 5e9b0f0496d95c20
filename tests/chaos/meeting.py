"""The meeting that is made for an incident, asked for on its card."""

from datetime import UTC, datetime
from typing import Any

from tests.chaos.company import BO_EMAIL, DI_EMAIL, Company, Incident
from tests.chaos.made_meetings import MadeMeeting, bridges_written, entries_of, made_alone, violations_of
from tests.support.waiting import eventually


class Meeting:
    """Of one incident, for which nobody has asked yet."""

    def __init__(self, incident: Incident) -> None:
        self.incident = incident
        self.company: Company = incident.company
        self._since = datetime.now(UTC)

    async def ask(self) -> str:
        """Di presses **Create Meeting** in the channel; what the answer says."""
        (answer,) = await self.incident.click("create_meeting", by=DI_EMAIL)
        return str(answer["body"]["value"])

    async def row(self) -> dict[str, Any] | None:
        query = "SELECT * FROM room_meeting WHERE incident_id = $1"
        rows = await self.company.rows(query, self.incident.id)
        return dict(rows[0]) if rows else None

    async def is_made(self) -> bool:
        """Microsoft has made it, and the room knows."""
        row = await self.row()
        return row is not None and row["stage"] == "made"

    async def is_complete(self, *, within: float = 60) -> None:
        """Wait until PagerDuty has it and the card leads to it."""

        async def done() -> bool:
            row = await self.row()
            return row is not None and row["bridge"] != "unread" and row["noted_at"] is not None

        await eventually(done, within=within)
        await self.incident.agrees("Join Meeting")

    async def has_bridge(self) -> bool:
        """Whether anything is the incident's bridge."""
        return await self._bridge() is not None

    async def violations(self) -> list[str]:
        """Every promise about the meeting that does not hold, once the incident is over.

        Bo is on call, so that each entry is in the calendar of his: as an invitation, or as his own.
        """
        company, row = self.company, await self.row()
        number = (await company.pagerduty.incident(self.incident.id))["incident_number"]
        made = MadeMeeting(
            row=row,
            entries=entries_of(await company.teams.calendar(BO_EMAIL), number),
            made_alone=made_alone(await company.teams.records(), since=self._since),
            is_there=row is not None and await company.teams.has_meeting(row["url"]),
            bridge=await self._bridge(),
            written=bridges_written(await company.pagerduty.records(), self.incident.id),
            notes=await company.pagerduty.notes(self.incident.id),
        )
        return list(violations_of(made))

    async def _bridge(self) -> str | None:
        bridge = await self.company.pagerduty.bridge(self.incident.id) or {}
        url: str | None = bridge.get("conference_url")
        return url
