"""What every command is given, and what it may use."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from api.bot.activity import InboundActivity
from api.bot.linking import Linking
from api.gateway import Gateway
from muster.cards.elements import AdaptiveCard
from muster.store.pool import Pool
from muster.store.teams import Team
from workflows.person import Person
from workflows.team_setup.messages import Deadlines


@dataclass(frozen=True)
class Accounts:
    """The configured PagerDuty accounts."""

    of_tenant: Callable[[str], tuple[str, ...]]
    """Keys of those that a tenant's teams may belong to."""
    web_urls: Mapping[str, str]
    """Base addresses of what people open in a browser, by key."""


@dataclass(frozen=True)
class Dependencies:
    """What commands use."""

    pool: Pool
    gateway: Gateway
    accounts: Accounts
    deadlines: Deadlines
    linking: Linking


@dataclass(frozen=True)
class CommandRequest:
    """One command that somebody wrote."""

    name: str
    argument: str
    activity: InboundActivity
    tenant: str
    team: Team | None
    """Of the channel that it was written in; ``None`` in a chat."""
    person: Person | None
    key: str
    """Tells it from every other command."""

    @property
    def is_private(self) -> bool:
        """Whether nobody else reads it."""
        return self.activity.is_private


CommandAnswer = str | AdaptiveCard
"""What whoever wrote the command gets: Markdown or a card, of muster/cards."""

Answer = Callable[[CommandRequest, Dependencies], Awaitable[CommandAnswer]]
"""A command: does what is asked and says what came of it.

Raises ``TemporalUnavailable``, ``Rejected`` or an error of ``UNAVAILABLE``.
"""
