"""Ready queries: lists in the Temporal UI that answer an operator's first questions."""

from typing import NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from workflows.channel_incident.workflow_type import CHANNEL_INCIDENT
from workflows.search_attributes import ATTENTION, INCIDENT_STATUS
from workflows.team_setup.workflow_type import TEAM_SETUP


class ReadyQuery(NamedTuple):
    """One list, and where the UI shows it."""

    title: str
    query: str
    """In the List Filter syntax of Temporal's visibility store."""
    path: str
    """Below the UI's address; begins with a slash."""


_STATUS = INCIDENT_STATUS.name
_QUERIES = {
    # A run stays for its grace after its incident is resolved. Before it knows its incident it has no status.
    "Open incidents": f"WorkflowType = '{CHANNEL_INCIDENT.name}' AND ExecutionStatus = 'Running' "
    f"AND ({_STATUS} IS NULL OR {_STATUS} != 'resolved')",
    # A run that ended keeps its last attributes, and nobody can attend to it any more.
    "Needs attention": f"{ATTENTION.name} IN ('waiting', 'degraded') AND ExecutionStatus = 'Running'",
    "Triggered, nobody on it": f"{_STATUS} = 'triggered' AND ExecutionStatus = 'Running'",
    "Setups under way": f"WorkflowType = '{TEAM_SETUP.name}' AND ExecutionStatus = 'Running'",
    # An operator can help; people who have not pressed their button yet are not among them.
    "Setups that need somebody": f"WorkflowType = '{TEAM_SETUP.name}' AND {ATTENTION.name} = 'degraded' "
    "AND ExecutionStatus = 'Running'",
    "Failed runs": "ExecutionStatus IN ('Failed', 'TimedOut', 'Terminated')",
}


def web_address(text: str) -> str:
    """An address without a slash at its end, so that a path can follow; raises ValueError if it is none."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError(f"{text!r} is not an address like http://127.0.0.1:8233")
    return text.rstrip("/")


def ready_queries(namespace: str = "default") -> list[ReadyQuery]:
    """Every ready query for a namespace, the most asked first."""
    lists = f"/namespaces/{quote(namespace, safe='')}/workflows"
    return [
        ReadyQuery(title, query, f"{lists}?{urlencode({'query': query})}")
        for title, query in _QUERIES.items()
    ]
