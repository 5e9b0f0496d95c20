"""How the run that owns an incident's chat is started, whoever does it."""

from muster.config_file import RoomsTable
from workflows.incident_room.messages import Policy, Start


class RoomStarts:
    """Starts with what whoever runs Muster has configured."""

    def __init__(self, rooms: RoomsTable) -> None:
        self._policy = Policy(declined_leave=rooms.remove == "leaves", leave_after=rooms.leave_after)

    def of(self, account: str, incident_id: str, *, tenant: str) -> Start:
        """The start of an incident's room in a tenant; it looks for a row first."""
        return Start(
            account=account, incident_id=incident_id, tenant=tenant, policy=self._policy, stored=True
        )
