"""What somebody is told to whom PagerDuty showed nothing, asked by their own link."""

from muster.cards.search import DID_NOT_ANSWER, LINK_REJECTED, REFUSED
from muster.linked_people.identity import NoIdentity
from workflows.errors import CredentialRejected, Forbidden


def is_unlinked(failure: Exception) -> bool:
    """Whether their link is gone or over: only another one helps."""
    return isinstance(failure, NoIdentity) and failure.reason in ("link_removed", "link_ended")


def why_not_read(failure: Exception) -> str:
    """Why there is nothing, in plain text."""
    match failure:
        case NoIdentity(reason="app_refused"):
            return REFUSED
        case NoIdentity() | Forbidden() | CredentialRejected():
            return LINK_REJECTED
        case _:
            return DID_NOT_ANSWER
