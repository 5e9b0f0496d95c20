"""How a room's run is started: with what whoever runs Muster has configured."""

import pytest

from api.rooms import RoomStarts
from muster.config_file import RoomsTable
from workflows.incident_room.messages import Policy, Start, Timing


@pytest.mark.parametrize(
    ("table", "policy"),
    [
        (RoomsTable(), Policy(declined_leave=False, leave_after=None)),
        (RoomsTable(remove="leaves"), Policy(declined_leave=True, leave_after=None)),
        (RoomsTable(after="leave 24h"), Policy(declined_leave=False, leave_after=86_400)),
    ],
)
def test_a_room_starts_with_the_configured_policy_and_restores_its_row(
    table: RoomsTable, policy: Policy
) -> None:
    assert RoomStarts(table, grace=7).of("acme", "Q1", tenant="t") == Start(
        account="acme", incident_id="Q1", tenant="t", timing=Timing(grace=7), policy=policy, stored=True
    )
