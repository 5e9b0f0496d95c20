"""Whose calendar a call of Graph's is about.

Sources: issues 7909 (nobody), 8520 and 17826 (guests) of microsoftgraph/microsoft-graph-docs. No report
says that the mailbox of a disabled account is closed to an app, so it is not.
"""

from collections.abc import Collection

from sandbox.company import Person
from sandbox.graph_errors import GraphError
from sandbox.teams.roster import Roster


def mailbox_owner(roster: Roster, key: str, gone: Collection[str]) -> Person:
    """The person with this object id or e-mail, who has a mailbox; raises GraphError. ``gone``: deleted."""
    person = roster.person(key)
    is_ours = person is not None and person.tenant is None and person.aad_object_id not in gone
    if person is None or not is_ours or key not in (person.aad_object_id, person.email):
        name = key if "@" in key else f"{key}@{roster.company.tenant_id}"
        raise GraphError(404, "ErrorInvalidUser", f"The requested user '{name}' is invalid.")
    if person.guest_from is not None or not person.has_mailbox:
        message = "The mailbox is either inactive, soft-deleted, or is hosted on-premise."
        raise GraphError(404, "MailboxNotEnabledForRESTAPI", message)
    return person
