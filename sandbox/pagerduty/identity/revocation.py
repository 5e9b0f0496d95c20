"""The end of authorizations before their time: by the app, by a user, by the account."""

from collections.abc import Callable

from sandbox.pagerduty.identity.model import Delegation
from sandbox.pagerduty.store import Store


class Revocation:
    """Ends authorizations with all their tokens, at once."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def one(self, delegation: str) -> bool:
        """End one authorization; False if there is none with this ``delegation_id``."""
        state = self._store.state
        is_known = state.delegations.pop(delegation, None) is not None
        self._end_tokens(lambda key: key == delegation)
        self._store.changed()
        return is_known

    def of_user(self, user: str) -> None:
        """End whatever a user allowed, codes on their way too; they are asked for leave again."""
        state = self._store.state
        for key in self._keys(lambda one: one.user == user):
            self.one(key)
        state.codes = {
            text: code
            for text, code in state.codes.items()
            if code.session.user != user or code.delegation is not None
        }
        state.allowances = {key: one for key, one in state.allowances.items() if one.user != user}
        self._store.changed()

    def everything(self) -> None:
        """End all tokens of the app, its own too, and ask everybody for leave again."""
        state = self._store.state
        for key in self._keys(lambda _: True):
            self.one(key)
        state.access_tokens.clear()
        state.codes = {text: code for text, code in state.codes.items() if code.delegation is not None}
        state.allowances.clear()
        self._store.changed()

    def _keys(self, chosen: Callable[[Delegation], bool]) -> list[str]:
        return [key for key, one in self._store.state.delegations.items() if chosen(one)]

    def _end_tokens(self, is_ended: Callable[[str | None], bool]) -> None:
        """Forget access tokens; a refresh token stays known as a dead one."""
        state = self._store.state
        state.access_tokens = {
            name: one for name, one in state.access_tokens.items() if not is_ended(one.delegation)
        }
        state.refresh_tokens |= {
            name: one.model_copy(update={"is_dead": True})
            for name, one in state.refresh_tokens.items()
            if is_ended(one.delegation)
        }
