"""Records of the calls of the token endpoint, without a secret."""

import uuid
from typing import Any

from sandbox.clock import Clock
from sandbox.pagerduty.identity.model import TokenCall
from sandbox.pagerduty.store import Store


class TokenCalls:
    """The calls, each from its arrival on."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def begin(self, grant_type: str | None, user: str | None, fault: str | None) -> str:
        """Record a call that arrives; its key."""
        key = str(uuid.uuid4())
        call = TokenCall(at=self._clock.now(), grant_type=grant_type, user=user, fault=fault)
        self._store.state.token_calls[key] = call
        self._store.changed()
        return key

    def update(self, key: str, **told: Any) -> None:
        """Add to a record; one that a reset took away stays away."""
        call = self._store.state.token_calls.get(key)
        if call is not None:
            self._store.state.token_calls[key] = call.model_copy(update=told)
            self._store.changed()
