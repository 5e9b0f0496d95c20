"""Messages with a row of their own, as every workflow that writes to people asks for them."""

from workflows.person import Person
from workflows.values import Value


class StoredNotice(Value):
    """The row of a message."""

    name: str
    recipient: str
    person: Person | None
    is_posted: bool
    showing: str | None
    """Of the view that it shows."""
    expanded: bool
    content: str | None
    targeted: bool = False
    """It stands where others read too, and its person alone sees it."""
