"""What somebody searches for, read from a ``composeExtension/query``: odd parts count as missing."""

from collections.abc import Mapping
from typing import Any, NamedTuple

FIND_INCIDENT = "findIncident"
"""The command's id in the app's manifest."""
_PARAMETER = "query"


class SearchQuery(NamedTuple):
    """What was typed, and how much of the list is there already."""

    text: str
    """Empty at first, where Teams runs the command before anything is typed (``initialRun``)."""
    is_first_page: bool


def search_query(value: Any) -> SearchQuery | None:
    """The query; ``None``: it is another command's."""
    told = value if isinstance(value, Mapping) else {}
    if told.get("commandId") != FIND_INCIDENT:
        return None
    given = told.get("parameters")
    named = {
        one.get("name"): one.get("value")
        for one in (given if isinstance(given, list) else ())
        if isinstance(one, Mapping) and isinstance(one.get("name"), str)
    }
    text, options = named.get(_PARAMETER), told.get("queryOptions")
    skip = options.get("skip") if isinstance(options, Mapping) else None
    return SearchQuery(text if isinstance(text, str) else "", not skip)
