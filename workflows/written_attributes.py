"""The search attributes of a run, written when they change."""

from collections.abc import Mapping
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeKey


class WrittenAttributes:
    """What the run was last found by, and what it is to be found by now."""

    def __init__(self) -> None:
        self._written = {
            pair.key.name: pair.value for pair in workflow.info().typed_search_attributes.search_attributes
        }

    def write(self, wanted: Mapping[SearchAttributeKey[Any], Any]) -> None:
        """Write those that differ from what was written last: each write costs Temporal a row."""
        changed = {key: value for key, value in wanted.items() if value != self._written.get(key.name)}
        if changed:
            self._written |= {key.name: value for key, value in changed.items()}
            workflow.upsert_search_attributes(
                [
                    key.value_unset() if value is None else key.value_set(value)
                    for key, value in changed.items()
                ]
            )
