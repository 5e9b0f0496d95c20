"""Workflow ids and click keys: built here alone.

Ids are what an operator reads in the Temporal UI's list, which shows neither summary nor title.
"""

import hashlib
from typing import NamedTuple


class ChannelIncidentId(NamedTuple):
    """The parts of a ``ChannelIncident`` workflow's id."""

    account: str
    incident_id: str
    conversation_key: str

    def __str__(self) -> str:
        return f"incident/{self.account}/{self.incident_id}/{self.conversation_key}"


class IncidentRoomId(NamedTuple):
    """The parts of an ``IncidentRoom`` workflow's id."""

    account: str
    incident_id: str

    def __str__(self) -> str:
        return f"room/{self.account}/{self.incident_id}"


_SETUP = "setup/"


class TeamSetupId(NamedTuple):
    """The part of a ``TeamSetup`` workflow's id: the team's readable key."""

    team_key: str

    def __str__(self) -> str:
        return f"{_SETUP}{self.team_key}"

    @classmethod
    def of(cls, workflow_id: str) -> "TeamSetupId | None":
        """The parts of a workflow's id; ``None`` where it is another type's."""
        key = workflow_id.removeprefix(_SETUP)
        return cls(key) if key and key != workflow_id else None


_LINK = "link/"


class AccountLinkId(NamedTuple):
    """The parts of an ``AccountLink`` workflow's id."""

    tenant: str
    person: str
    """AAD object id."""
    account: str

    def __str__(self) -> str:
        return f"{_LINK}{self.tenant}/{self.person}/{self.account}"

    @classmethod
    def of(cls, workflow_id: str) -> "AccountLinkId | None":
        """The parts of a workflow's id; ``None`` where it is another type's."""
        parts = workflow_id.removeprefix(_LINK).split("/")
        return cls(*parts) if workflow_id.startswith(_LINK) and len(parts) == 3 and all(parts) else None


class ConnectChannelId(NamedTuple):
    """The parts of a ``ConnectChannel`` workflow's id."""

    conversation_key: str
    service: str
    """PagerDuty's id."""

    def __str__(self) -> str:
        return f"connect/{self.conversation_key}/{self.service}"


class OperationId(NamedTuple):
    """The parts of an ``Operation`` workflow's id."""

    account: str
    key: str
    """Drawn when the operation begins: what a program calls it may hold anything."""

    def __str__(self) -> str:
        return f"operation/{self.account}/{self.key}"


_UPKEEP = "upkeep/"


class UpkeepId(NamedTuple):
    """The part of the id of an account's Schedule, and of its ``Upkeep`` runs before the time."""

    account: str

    def __str__(self) -> str:
        return f"{_UPKEEP}{self.account}"

    @classmethod
    def of(cls, schedule_id: str) -> "UpkeepId | None":
        """The part of a Schedule's id; ``None`` where it is somebody else's."""
        account = schedule_id.removeprefix(_UPKEEP)
        return cls(account) if account and account != schedule_id and "/" not in account else None


def click_key(*, person: str, message: str, verb: str, nonce: str, link: int | None) -> str:
    """What tells one click from every other, however often and under whatever ids Teams delivers it.

    The link is a part of it: a click before linking and one after it on the same card are two clicks
    (docs/decisions/0004).
    """
    return _key(person, message, verb, nonce, str(link or ""))


def button_key(*, person: str, message: str, verb: str, notice: str, account: str | None) -> str:
    """The same for a button of a card that is no incident's: who pressed which one on which message."""
    return _key("button", person, message, verb, notice, account or "")


def command_key(*, conversation: str, activity: str) -> str:
    """What tells one command from every other: a message has one id, however often Teams delivers it."""
    return _key("command", conversation, activity)


def _key(*values: str) -> str:
    return hashlib.sha256("\x1f".join(values).encode()).hexdigest()[:32]


def delivery_key(click: str, activity: str) -> str:
    """What tells one delivery of a click from every other: the key of the click, and its activity's id.

    It is the update's id. Temporal keeps the first answer to an update and gives it again, but a click that
    is made again on a message that was not edited needs the card as it is then.
    """
    return f"{click}-{hashlib.sha256(activity.encode()).hexdigest()[:8]}"
