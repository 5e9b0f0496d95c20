"""The JSON shapes of log entries."""

from sandbox.pagerduty.directory import JSON, Directory
from sandbox.pagerduty.model import Incident, LogEntry
from sandbox.pagerduty.times import in_seconds


def log_entry(directory: Directory, entry: LogEntry, shown: Incident) -> JSON:
    """A log entry in full."""
    answer = {
        **reference(directory, entry, shown),
        "type": f"{entry.kind}_log_entry",
        "created_at": in_seconds(entry.at),
        "agent": directory.agent(entry.user),
        "channel": entry.channel or _channel(directory, entry),
        "service": directory.reference("service", shown.service),
        "incident": directory.incident_reference(shown.id, shown.summary),
        "teams": [directory.reference("team", team) for team in directory.teams_of_service(shown.service)],
        "contexts": list(entry.contexts),
    }
    if entry.channel is not None:
        answer["event_details"] = {"description": entry.channel["summary"]}
    if entry.note is not None:
        answer["note"] = entry.note
    if entry.assignees:
        answer["assignees"] = [directory.reference("user", user) for user in entry.assignees]
    return answer


def reference(directory: Directory, entry: LogEntry, shown: Incident) -> JSON:
    """The short form of a log entry."""
    return {
        "id": entry.id,
        "type": f"{entry.kind}_log_entry_reference",
        "summary": entry.summary,
        "self": directory.api_url("log_entries", entry.id),
        "html_url": f"{directory.console_url('incident', shown.id)}#{entry.id}",
    }


def _channel(directory: Directory, entry: LogEntry) -> JSON:
    """The channel of an entry that did not bring one."""
    by_itself = entry.user in directory.services
    kind = "note" if entry.kind == "annotate" else "timeout" if by_itself else "api"
    return {"type": kind, "summary": entry.summary}
