"""What every command is given, and what it may use."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from api.bot.activity import InboundActivity
from api.bot.connecting import Connecting
from api.bot.linking import Linking
from api.gateway import Gateway
from muster.card_runs import CardRuns
from muster.cards.elements import AdaptiveCard
from muster.config_file import PagerDutyAccount
from muster.linked_people.rights_reader import RightsReader
from muster.store.pool import Pool
from muster.store.teams import Team
from workflows.person import Person
from workflows.team_setup.messages import Deadlines


@dataclass(frozen=True)
class Accounts:
    """The configured PagerDuty accounts."""

    of_tenant: Callable[[str], tuple[str, ...]]
    """Keys of those that a tenant's teams may belong to."""
    configured: Mapping[str, PagerDutyAccount]
    """All of them, by key."""

    def of(self, tenant: str) -> dict[str, PagerDutyAccount]:
        """Those that a tenant's teams may belong to, by key."""
        return {key: self.configured[key] for key in self.of_tenant(tenant)}


@dataclass(frozen=True)
class Dependencies:
    """What commands use."""

    pool: Pool
    gateway: Gateway
    accounts: Accounts
    deadlines: Deadlines
    linking: Linking
    connecting: Connecting
    rights: RightsReader
    card_runs: CardRuns


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


Content = str | AdaptiveCard
"""What an answer says: Markdown or a card, of muster/cards."""


class CommandAnswer(NamedTuple):
    """What a command answers, and who reads it where it was written in a channel or group chat."""

    for_person: Content | None = None
    """For whoever wrote it, alone: what came of it, why it was not done, how they are linked."""
    for_all: Content | None = None
    """How the team stands, what Muster understands, where PagerDuty is."""

    @property
    def contents(self) -> tuple[Content, ...]:
        """All of it for one reader, in as few messages as it takes."""
        if isinstance(self.for_person, str) and isinstance(self.for_all, str):
            return (f"{self.for_all}\n\n{self.for_person}",)
        return tuple(content for content in (self.for_all, self.for_person) if content is not None)


def for_person(content: Content) -> CommandAnswer:
    """An answer that only whoever wrote the command is to read."""
    return CommandAnswer(for_person=content)


def for_all(text: str) -> CommandAnswer:
    """An answer that everybody who read the command may read."""
    return CommandAnswer(for_all=text)


Answer = Callable[[CommandRequest, Dependencies], Awaitable[CommandAnswer]]
"""A command: does what is asked and says what came of it.

Raises ``TemporalUnavailable``, ``Rejected`` or an error of ``UNAVAILABLE``.
"""
