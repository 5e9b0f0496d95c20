"""What changes in the simulator, and its snapshot."""

from collections.abc import Callable, Mapping
from copy import copy
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from sandbox.clock import Clock
from sandbox.snapshot import Snapshots, Taken, read_snapshot

KEPT = 5_000
"""How many records of each kind the snapshot has."""


Refusal = Literal["consent_required", "access_denied"]
"""``consent_required`` sends the browser back at once; ``access_denied`` is sent by a page's way back."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Code(_Frozen):
    """An authorization code, by what it was asked for with."""

    person: str
    """AAD object id."""
    redirect_uri: str
    scope: tuple[str, ...]
    nonce: str | None
    challenge: str | None
    challenge_method: Literal["S256", "plain"]
    issued_at: datetime
    redeemed: bool = False


class TokenRecord(_Frozen):
    """One request for a token."""

    at: datetime
    grant_type: str | None
    audience: str | None = None
    person: str | None = None
    roles: tuple[str, ...] = ()
    status: int
    error: int | None = None
    """The AADSTS number of a refusal."""


class ReadRecord(_Frozen):
    """One call of Graph."""

    at: datetime
    method: str
    path: str
    status: int


class ConsentRecord(_Frozen):
    """What somebody did on a consent page."""

    at: datetime
    person: str
    decision: Literal["accept", "cancel"]
    for_everybody: bool = True
    """Whether an admin decided for the whole tenant, or the person for themselves."""


class State(BaseModel):
    """Everything that changes. The values in the collections are frozen."""

    requested: tuple[str, ...]
    """Application permissions that the registration asks for."""
    granted: tuple[str, ...] = ()
    """Those that an admin has granted."""
    granted_before: tuple[str, ...] = ()
    """Those that tokens show until ``shown_at``."""
    shown_at: datetime | None = None
    delay: float = 0
    """Seconds from a grant until tokens show it."""
    user_consent: bool = True
    """Whether people may consent for themselves to be signed in."""
    refusal: Refusal = "consent_required"
    """How people hear that they may not."""
    people_consented: dict[str, tuple[str, ...]] = {}
    """The scopes to which people consented for themselves, by AAD object id."""
    deleted: frozenset[str] = frozenset()
    """People who are not in the directory any more, by AAD object id."""
    disabled: frozenset[str] = frozenset()
    """People whose accounts are switched off, by AAD object id."""
    signing_in_granted: bool = False
    """Whether an admin has consented to it for everybody."""
    codes: dict[str, Code] = {}
    sessions: dict[str, str] = {}
    """By the cookie's value, who is signed in (AAD object id)."""
    tokens: list[TokenRecord] = []
    reads: list[ReadRecord] = []
    consents: list[ConsentRecord] = []
    clock_ahead: timedelta = timedelta()


class Store:
    """Has the state and writes its snapshot; raises SnapshotError if the file cannot be read."""

    def __init__(
        self, path: Path | None, initial: Callable[[], State], clock: Clock, ports: Mapping[str, int]
    ) -> None:
        self._initial = initial
        self._clock = clock
        self.snapshots = Snapshots(path, self._take, ports)
        kept = read_snapshot(path, State, ports)
        self.state = kept or initial()
        if kept is not None:
            clock.ahead = kept.clock_ahead

    def changed(self) -> None:
        """Note that the state changed: the snapshot is written soon."""
        self.snapshots.changed()

    def reset(self) -> None:
        """Go back to the state after the first start."""
        self._clock.reset()
        self.state = self._initial()
        self.changed()

    def _take(self) -> Taken:
        copied = {name: copy(value) for name, value in self.state} | {"clock_ahead": self._clock.ahead}

        def worth_keeping() -> dict[str, Any]:
            newest = {name: copied[name][-KEPT:] for name in ("tokens", "reads", "consents")}
            return copied | newest

        return worth_keeping
