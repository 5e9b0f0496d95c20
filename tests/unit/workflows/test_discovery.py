"""What a worker finds in the package, and what its sandbox loads once for all runs."""

import sys

from workflows.channel_incident.workflow import ChannelIncidentWorkflow
from workflows.discovery import passed_through, workflow_classes


def defining() -> set[str]:
    """The modules that define workflows."""
    return {found.__module__ for found in workflow_classes()}


def test_a_workflow_is_found_in_its_folder() -> None:
    assert ChannelIncidentWorkflow in workflow_classes()


def test_what_defines_a_workflow_is_not_passed_through() -> None:
    assert defining() & set(passed_through()) == set()


def test_everything_that_it_imports_is_passed_through() -> None:
    loaded = {
        name
        for name, module in sys.modules.items()
        if name.startswith("workflows.") and not hasattr(module, "__path__")
    }
    assert loaded - defining() <= set(passed_through())
    assert len(loaded) > len(defining())
