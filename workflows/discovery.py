"""What is in this package, found by looking: a new workflow is a new folder, and no list elsewhere.

Every folder with a ``workflow.py`` is one workflow. Its ``activities.py`` holds the rows that it calls.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

import workflows
from workflows.contract import Activity

_WORKFLOW = "workflow"
_ACTIVITIES = "activities"
_DEFINITION = "__temporal_workflow_definition"
"""Attribute that ``workflow.defn`` leaves on a class."""


def workflow_classes() -> list[type]:
    """Every workflow that a worker is to run."""
    return [
        found
        for module in _modules(_WORKFLOW)
        for _, found in inspect.getmembers(module, inspect.isclass)
        if hasattr(found, _DEFINITION) and found.__module__ == module.__name__
    ]


def activity_rows() -> dict[str, Activity[Any, Any]]:
    """Every row that some workflow calls, by the activity's name."""
    rows: dict[str, Activity[Any, Any]] = {}
    for module in _modules(_ACTIVITIES):
        for _, member in inspect.getmembers(module):
            found = member.values() if isinstance(member, Mapping) else [member]
            rows |= {one.name: one for one in found if isinstance(one, Activity)}
    return rows


def passed_through() -> list[str]:
    """The modules that the workflow sandbox loads once for all runs: all but those that define workflows."""
    return [name for name in _names() if name.rpartition(".")[2] != _WORKFLOW]


def _modules(last: str) -> Iterator[ModuleType]:
    return (importlib.import_module(name) for name in _names() if name.rpartition(".")[2] == last)


def _names() -> list[str]:
    found = pkgutil.walk_packages(workflows.__path__, f"{workflows.__name__}.")
    return sorted(module.name for module in found if not module.ispkg)
