"""A change of what a workflow commands is noticed before a history meets it."""

import difflib
import json

import pytest

from tests.replay.fingerprint import FINGERPRINTS, fingerprints

_ADVICE = """
{name} commands something else, or in another order, than its committed fingerprint says:

{diff}

Runs that are going on were begun by the old code. A command that was added, removed, reordered, sent
elsewhere or moved into or out of a branch makes their replay fail and wedges them, unless the new order is
chosen by `if workflow.patched("what-changed")` and the old one is kept in its `else`.
{seen}

When it is right: `python -m tests.replay.fingerprint` writes the fingerprints anew, and
`python -m tests.replay.record` records histories of the new order; keep the old ones of a release.
"""
_PATCHED = "A new `patched` marker is among the changes; the committed histories tell whether it is enough."
_UNPATCHED = "No new `patched` marker is among the changes."
COMMITTED: dict[str, list[str]] = json.loads(FINGERPRINTS.read_text())


def test_every_workflow_has_a_fingerprint() -> None:
    assert COMMITTED.keys() == fingerprints().keys()


@pytest.mark.parametrize("name", COMMITTED)
def test_a_workflow_commands_what_it_commanded(name: str) -> None:
    committed, current = COMMITTED[name], fingerprints().get(name, [])
    changes = [*difflib.unified_diff(committed, current, "committed", "now", lineterm="")]
    patched = any(line.startswith("+") and "> patched(" in line for line in changes)
    if changes:
        seen = _PATCHED if patched else _UNPATCHED
        pytest.fail(_ADVICE.format(name=name, diff="\n".join(changes), seen=seen), pytrace=False)


def test_the_fingerprint_knows_the_commands_of_an_incident() -> None:
    """A reader of the source that finds nothing would agree with anything."""
    commands = fingerprints()["ChannelIncidentWorkflow"]
    assert "channel_incident.card.CardReconciler.reconcile > activity teams.show_card" in commands
    assert "ChannelIncidentWorkflow.run > while > if > continue_as_new" in commands
    assert (
        "reconcile.ReconcileLoop._drained_while_waiting > if > try > timer self._not_before.why" in commands
    )
