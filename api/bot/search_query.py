"""What somebody searches for, read from a ``composeExtension/query``: odd parts count as missing."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from muster.cards.app_manifest import SEARCH_COMMAND, SEARCH_PARAMETER


class SearchQuery(NamedTuple):
    """What was typed, and how much of the list is there already."""

    text: str
    """Empty at first, where Teams runs the command before anything is typed (``initialRun``)."""
    is_first_page: bool


def search_query(value: Any) -> SearchQuery | None:
    """The query; ``None``: it is another command's."""
    told = value if isinstance(value, Mapping) else {}
    if told.get("commandId") != SEARCH_COMMAND:
        return None
    given = told.get("parameters")
    named = {
        one.get("name"): one.get("value")
        for one in (given if isinstance(given, list) else ())
        if isinstance(one, Mapping) and isinstance(one.get("name"), str)
    }
    text, options = named.get(SEARCH_PARAMETER), told.get("queryOptions")
    skip = options.get("skip") if isinstance(options, Mapping) else None
    return SearchQuery(text if isinstance(text, str) else "", not skip)
