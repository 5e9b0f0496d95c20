"""Faults on demand: what goes wrong, with which calls, and how often.

Each simulator keeps one ``FaultBook`` and serves it under ``/_sandbox/faults``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field, model_validator

_NEEDS_STATUS = frozenset({"status", "status_after"})
_NEEDS_SECONDS = frozenset({"slow", "late", "late_answer", "join_later"})


@dataclass(frozen=True, slots=True)
class FaultyPlace:
    """What can go wrong with one kind of call, and which properties of the call a fault can match."""

    do: frozenset[str]
    match: frozenset[str]
    gone_statuses: frozenset[int] = frozenset()
    """What ``gone`` can be told to answer; without a status it answers as the service usually does."""


class Fault(BaseModel):
    """What goes wrong with the next ``times`` calls of kind ``on`` that have the properties ``match``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    on: str
    match: dict[str, Any] = {}
    """Strings by property name; ``fault_router`` checks the names."""
    times: int = Field(default=1, ge=1)
    do: str
    seconds: float = Field(default=0, ge=0)
    status: int | None = Field(default=None, ge=200, le=599)
    body: Any = None
    retry_after: float | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.do in _NEEDS_STATUS and self.status is None:
            raise ValueError(f'"{self.do}" needs a "status"')
        if self.do in _NEEDS_SECONDS and not self.seconds:
            raise ValueError(f'"{self.do}" needs "seconds"')
        return self

    def applies_to(self, on: str, properties: Mapping[str, object]) -> bool:
        """Whether the fault applies to a call of this kind with these properties."""
        return self.on == on and all(properties.get(name) == value for name, value in self.match.items())


class FaultBook:
    """The faults that wait for a call. A call takes at most one: the oldest that applies."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Add a fault."""
        self._waiting.append(fault)

    def clear(self) -> None:
        """Remove all faults."""
        self._waiting.clear()

    def take(self, on: str, properties: Mapping[str, object]) -> Fault | None:
        """The fault for this call, or None; counts it as used once."""
        for place, fault in enumerate(self._waiting):
            if fault.applies_to(on, properties):
                if fault.times > 1:
                    self._waiting[place] = fault.model_copy(update={"times": fault.times - 1})
                else:
                    del self._waiting[place]
                return fault
        return None


def fault_router(book: FaultBook, places: Mapping[str, FaultyPlace]) -> APIRouter:
    """The routes of ``/_sandbox/faults``; ``places`` has an entry for each value of ``on``."""
    router = APIRouter(prefix="/_sandbox/faults")

    @router.post("", status_code=201)
    async def add_fault(fault: Fault) -> Fault:
        problem = _problem_of(fault, places)
        if problem is not None:
            raise HTTPException(422, problem)
        book.add(fault)
        return fault

    @router.delete("", status_code=204)
    async def clear_faults() -> None:
        book.clear()

    return router


def _problem_of(fault: Fault, places: Mapping[str, FaultyPlace]) -> str | None:
    """Why this fault can never happen; None if it can."""
    place = places.get(fault.on)
    if place is None:
        return f'"on" must be one of {_listed(places)}'
    if fault.do not in place.do:
        return f'on "{fault.on}", "do" must be one of {_listed(place.do)}'
    if fault.do == "gone" and fault.status not in (None, *place.gone_statuses):
        return f'on "{fault.on}", "gone" takes a "status" of {_listed(map(str, place.gone_statuses))}'
    for name, value in fault.match.items():
        if name not in place.match or not isinstance(value, str):
            return (
                f'on "{fault.on}", "match" takes these keys alone, each with a string: '
                f'{_listed(place.match)}; "{name}" is wrong'
            )
    return None


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
