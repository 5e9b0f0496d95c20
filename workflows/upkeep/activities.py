"""The activities that ``Upkeep`` calls."""

from pydantic import AwareDatetime

from workflows import options
from workflows.contract import Activity
from workflows.values import Value


class OfAccount(Value):
    """Something about an account."""

    account: str


class PagerDutyTime(Value):
    """The time by PagerDuty's clock, by which tokens die."""

    now: AwareDatetime


class Batch(Value):
    """The next links of an account, in the order of their ids."""

    account: str
    after: int = 0
    """The last link of the batch before."""
    now: AwareDatetime | None = None
    """By PagerDuty's clock, where the stage counts with it."""


class Missed(Value):
    """A link whose PagerDuty user, or whose person, was not found where they are looked for."""

    link: int
    where: str
    """The account, or the tenant."""
    who: str
    """PagerDuty user id, or AAD object id."""


class Progress(Value):
    """How far a batch came: its result, and what its heartbeats carry."""

    after: int
    """The last link that was dealt with."""
    examined: int = 0
    done: int = 0
    ended: int = 0
    missed: tuple[Missed, ...] = ()
    found_in: tuple[str, ...] = ()
    """The account or the tenants in which somebody was found."""
    left_out: tuple[str, ...] = ()
    is_last: bool = False
    """No link comes after this batch."""
    stopped: str | None = None
    """Name of the error that ended the batch; the link after ``after`` met it."""
    retry_after: float | None = None
    """Seconds that the provider asks to wait."""


class FindAgain(Value):
    """Look a second time for whoever was missed, and end the links of those who are still not there."""

    account: str
    missed: tuple[Missed, ...]
    found_in: tuple[str, ...]


class GoneBatch(Value):
    """The next teams, or chats, of an account, in the order of their ids."""

    account: str
    after: str = ""
    """The last one of the batch before."""


class Forgotten(Value):
    """How far a batch of teams or chats came: its result, and what its heartbeats carry."""

    after: str
    examined: int = 0
    forgotten: int = 0
    left_out: tuple[str, ...] = ()
    """Keys of those whose rows a run still needs."""
    is_last: bool = False
    """None comes after this batch."""


READ_PAGERDUTY_TIME = Activity("pagerduty.read_time", OfAccount, PagerDutyTime, options.UPKEEP_READ)
REFRESH_LINKS = Activity("pagerduty.refresh_links", Batch, Progress, options.UPKEEP)
FIND_USERS = Activity("pagerduty.find_users", Batch, Progress, options.UPKEEP)
END_LINKS_OF_USERS = Activity("pagerduty.end_links", FindAgain, Progress, options.UPKEEP)
FIND_PEOPLE = Activity("graph.find_people", Batch, Progress, options.UPKEEP)
END_LINKS_OF_PEOPLE = Activity("graph.end_links", FindAgain, Progress, options.UPKEEP)
TELL_OF_YEAR = Activity("store.tell_of_year", Batch, Progress, options.UPKEEP)
FORGET_TEAMS = Activity("store.forget_teams", GoneBatch, Forgotten, options.UPKEEP)
FORGET_CHATS = Activity("store.forget_chats", GoneBatch, Forgotten, options.UPKEEP)
TELL_OF_ENDS = Activity("store.tell_of_ends", Batch, Progress, options.UPKEEP)
DELETE_OLD_ROWS = Activity("store.delete_old_rows", OfAccount, Progress, options.UPKEEP)
