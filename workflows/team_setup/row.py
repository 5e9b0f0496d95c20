"""What the team's row is to hold."""

import hashlib

from workflows.team_setup.activities import RecordSetup
from workflows.team_setup.state import State


def row_of(state: State) -> RecordSetup:
    """The row as it is to be now."""
    return RecordSetup(
        team=state.team,
        step=state.step,
        installer=state.installer,
        chosen_channel=state.chosen_channel,
        membership_at=state.membership_at,
        anew_at=state.anew_at,
        ends_links=state.step in ("removed", "abandoned"),
    )


def fingerprint_of_row(state: State) -> str:
    """Equal fingerprints: the row holds what it is to hold."""
    return hashlib.sha256(row_of(state).model_dump_json().encode()).hexdigest()[:16]
