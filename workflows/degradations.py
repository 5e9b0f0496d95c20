"""What cannot go on for now: a part of every run's state, and how a reconciler's failures get there."""

from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any, Generic, Self, TypeVar

from pydantic import AwareDatetime

from workflows.errors import CredentialRejected
from workflows.values import Value

StateT = TypeVar("StateT", bound="Degradable")


class Degradation(Value):
    """A reconciler that cannot go on for now, why, and until when it waits."""

    name: str
    """The reconciler's, or ``restore``."""
    reason: str
    """Name of the error, or of the limit that holds it back."""
    until: AwareDatetime | None = None
    held: bool = False
    """Held back by a limit of ours: nothing failed."""
    code: str | None = None
    """What the error says closer (``Failure.code``)."""


class Degradable(Value):
    """A state that knows what cannot go on."""

    degradations: tuple[Degradation, ...] = ()

    def degraded(self, degradation: Degradation) -> Self:
        """A reconciler cannot go on."""
        if degradation in self.degradations:
            return self
        others = self.recovered(degradation.name).degradations
        return self.replace(degradations=(*others, degradation))

    def recovered(self, name: str) -> Self:
        """A reconciler can go on again."""
        others = tuple(one for one in self.degradations if one.name != name)
        return self if len(others) == len(self.degradations) else self.replace(degradations=others)

    def replace(self, **changes: Any) -> Self:
        """The same state but for these fields."""
        return self.model_copy(update=changes)


def attention_of(state: Degradable) -> str:
    """``ok``, ``waiting`` (for a provider), or ``degraded``: only an operator can help."""
    if not state.degradations:
        return "ok"
    lasting = any(
        one.until is None or one.reason == CredentialRejected.__name__ for one in state.degradations
    )
    return "degraded" if lasting else "waiting"


def lines_of(state: Degradable) -> list[str]:
    """What cannot go on, as *current details* tell it: Markdown."""
    return [
        f"- ⚠ {one.name}: {one.reason}" + (f", waiting until {one.until:%H:%M:%S} UTC" if one.until else "")
        for one in state.degradations
    ]


class DegradableRun(ABC, Generic[StateT]):
    """Owner of such a state, as far as ``ReconcileLoop`` asks for it."""

    @property
    @abstractmethod
    def state(self) -> StateT:
        """What is known now."""

    @abstractmethod
    def apply(self, state: StateT) -> None:
        """Replace the state."""

    def degrade(
        self,
        name: str,
        reason: str,
        until: datetime | None = None,
        *,
        held: bool = False,
        code: str | None = None,
    ) -> None:
        """A reconciler cannot go on, for a reason and perhaps until some time; ``held``: by a limit."""
        degradation = Degradation(name=name, reason=reason, until=until, held=held, code=code)
        self._replace(self.state.degraded(degradation))

    def recover(self, name: str) -> None:
        """A reconciler can go on again."""
        self._replace(self.state.recovered(name))

    def _replace(self, state: StateT) -> None:
        if state is not self.state:
            self.apply(state)

    def is_degraded(self, name: str, reason: str | None = None) -> bool:
        """Whether this reconciler failed and cannot go on, for this reason if one is given."""
        return any(
            one.name == name and not one.held and reason in (None, one.reason)
            for one in self.state.degradations
        )

    def waits_until(self, name: str) -> datetime | None:
        """Until when this reconciler waits."""
        return next((one.until for one in self.state.degradations if one.name == name), None)

    def needs_people(self, name: str) -> bool:
        """This reconciler failed, and nothing but people can mend it."""
        return any(one.name == name and one.until is None for one in self.state.degradations)
