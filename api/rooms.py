"""How the run that owns an incident's chat is started, whoever does it."""

from muster.config_file import RoomsTable
from workflows.incident_room.messages import Policy, Start, Timing


class RoomStarts:
    """Starts with what whoever runs Muster has configured."""

    def __init__(self, rooms: RoomsTable, *, grace: float) -> None:
        """``grace``: seconds from a resolve until the chat is told how the incident went."""
        self._timing = Timing(grace=grace)
        self._policy = Policy(declined_leave=rooms.remove == "leaves", leave_after=rooms.leave_after)

    def of(self, account: str, incident_id: str, *, tenant: str) -> Start:
        """The start of an incident's room in a tenant; it looks for a row first."""
        return Start(
            account=account,
            incident_id=incident_id,
            tenant=tenant,
            timing=self._timing,
            policy=self._policy,
            stored=True,
        )
